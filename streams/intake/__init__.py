"""Intake: gives every record of a source topic its one verdict, and writes verdicts to the journal.

In the order in which a record meets them: `messages` (what the consumer gave, as columns), `clock` (when it
arrived), `screen` (is it a record at all, and a valid one), `decide` (which record of its identity stands),
`compose` (the journal entries), `journal` (sent and acknowledged), the ledger, and `run`, the loop.
"""
