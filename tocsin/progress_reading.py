"""The progress table as commands read it: a ClickHouse that is away or empty is a state, not an error."""

from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError

from sinks import progress
from sinks.client import connect
from sinks.progress import Progress
from tocsin.processes import clickhouse_address
from tocsin.settings import Settings


class ProgressReading:
    """Reads progress with the read-only credential, connecting when it can.

    Parameters
    ----------
    settings : Settings
        Of the folder.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._client: Client | None = None

    def rows(self) -> list[Progress]:
        """Return the newest row of each stage and partition.

        Raises
        ------
        ConnectionError
            ClickHouse does not answer, or has no tables yet.
        """
        try:
            if self._client is None:
                self._client = connect(clickhouse_address(self._settings, read_only=True), timeout=10)
            return progress.read(self._client, self._settings.database)
        except ClickHouseError as problem:
            self._client = None
            raise ConnectionError(f"ClickHouse: {str(problem).splitlines()[0][:200]}") from None
