"""HL7 v2 ORU^R01, as laboratory systems send results: read to records of LabResult, and written from them."""
