from schemas.topics import Topics


def test_a_prefix_stands_before_every_name() -> None:
    names = {spec.name for spec in Topics("t1.").specs()}
    assert names == {"t1." + spec.name for spec in Topics().specs()}
    assert Topics("t1.").journal("case-reports") in names


def test_journal_and_source_have_the_same_partitions() -> None:
    specs = {spec.name: spec for spec in Topics().specs(partitions=5)}
    assert specs["case-reports"].partitions == specs["journal.case-reports"].partitions == 5
    assert specs["case-reports"].config["message.timestamp.type"] == "LogAppendTime"
    assert specs["journal.case-reports"].config["retention.ms"] == "-1"
    assert specs["journal.case-reports"].config["cleanup.policy"] == "delete"
    assert specs["alerts"].config["cleanup.policy"] == "compact"
