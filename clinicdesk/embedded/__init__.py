"""PostgreSQL, a document server and Valkey as private, supervised processes in one data folder."""

from clinicdesk.embedded.errors import EmbeddedError
from clinicdesk.embedded.processes import abandon
from clinicdesk.embedded.records import Addresses
from clinicdesk.embedded.servers import EmbeddedServers, remove_data, running

__all__ = ["Addresses", "EmbeddedError", "EmbeddedServers", "abandon", "remove_data", "running"]
