"""The current state of an installation, in a form that can be compared with another's."""

from __future__ import annotations

from tests.chain.installation import Installation

Rows = list[list[str]]

REVISIONS = (
    "line_list_revisions",
    "lab_results_revisions",
    "entry_declarations_revisions",
    "observations_revisions",
)

# An alert without days is one that nothing backs any more: which of these exist depends on when was looked.
# What a marker, a clock or a revision number says depends on how the stream was cut; the state does not.
LINE_LIST = (
    "SELECT issuer, report_id, revision, action, disease, classification, residence_area, toString(reported_at)"
    " FROM line_list ORDER BY issuer, report_id"
)
VERDICTS = (
    "SELECT topic, partition, offset, toString(verdict), reason, field FROM verdicts ORDER BY topic, partition, offset"
)
LAB_RESULTS = (
    "SELECT issuer, result_id, revision, pathogen, result, status, subtype, area, toString(reported_at)"
    " FROM lab_results ORDER BY issuer, result_id"
)
ENTRY_DECLARATIONS = (
    "SELECT issuer, declaration_id, revision, port, origin_country, conveyance, symptoms, temperature_c, test_result"
    " FROM entry_declarations ORDER BY issuer, declaration_id"
)
OBSERVATIONS = (
    "SELECT issuer, observation_id, revision, indicator, port, toString(period_start), count, dimension"
    " FROM observations ORDER BY issuer, observation_id"
)
AGGREGATES = (
    "SELECT signal, area, level, toString(day), count, count_7d, alarm, w8_p_value, c1_upper, c2_upper, c3_upper,"
    " cusum_score, cusum_rossi_score FROM aggregates WHERE count > 0 OR alarm ORDER BY signal, level, area, day"
)
ALERTS = (
    "SELECT alert_id, state, signal, area, level, toString(first_day), toString(last_day), toString(days), cases"
    " FROM alerts WHERE notEmpty(days) ORDER BY alert_id"
)


def current_state(installation: Installation) -> dict[str, Rows]:
    """Records that stand, verdicts, aggregates and standing alerts, without what depends on the order of arrival."""
    return {
        "line_list": installation.sql(LINE_LIST),
        "lab_results": installation.sql(LAB_RESULTS),
        "entry_declarations": installation.sql(ENTRY_DECLARATIONS),
        "observations": installation.sql(OBSERVATIONS),
        "verdicts": installation.sql(VERDICTS),
        "aggregates": installation.sql(AGGREGATES),
        "alerts": installation.sql(ALERTS),
    }


def assert_exact(installation: Installation) -> None:
    """No row twice without FINAL; per source partition a verdict for every offset."""
    doubled = {
        "verdicts": "SELECT topic, partition, offset, count() AS n FROM verdicts GROUP BY 1, 2, 3 HAVING n > 1",
        **{
            table: f"SELECT _partition, _offset, count() AS n FROM {table} GROUP BY 1, 2 HAVING n > 1"
            for table in REVISIONS
        },
        "alert_history": "SELECT alert_id, revision, count() AS n FROM alert_history GROUP BY 1, 2 HAVING n > 1",
    }
    for table, query in doubled.items():
        assert installation.sql(query) == [], f"{table} holds rows twice"
    verdicts = installation.sql(
        "SELECT topic, partition, count(), max(offset) + 1 FROM verdicts GROUP BY topic, partition"
    )
    assert verdicts
    goal = installation.inbox()
    for topic, partition, count, end in verdicts:
        assert int(count) == int(end) == goal[topic, int(partition)], (topic, partition, count, end)


def differences(have: dict[str, Rows], wanted: dict[str, Rows], shown: int = 5) -> list[str]:
    """What one state has and the other has not, some rows of each table; empty where they are equal."""
    found = []
    for name, rows in wanted.items():
        ours, theirs = {tuple(row) for row in have[name]}, {tuple(row) for row in rows}
        found += [f"{name}: has {row}" for row in sorted(ours - theirs)[:shown]]
        found += [f"{name}: lacks {row}" for row in sorted(theirs - ours)[:shown]]
        if len(have[name]) != len(rows):
            found.append(f"{name}: {len(have[name])} rows, not {len(rows)}")
    return found
