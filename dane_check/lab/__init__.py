"""An embedded world to check DANE in: signed DNS, mail servers, and everything that goes wrong with them.

No Internet, no root, no configuration. Start at `Lab`; docs/lab.md tells how scenarios are written. The lab
knows nothing of the judges (`check`, `policy`, `dnssec`, `tlsa`): it signs with dnspython's primitives and
serves TLS with Python's own ssl, so that their mistakes are not repeated here.
"""

from dane_check.lab.dns_world.server import Asked
from dane_check.lab.lab import Lab
from dane_check.lab.mail.script import Session
from dane_check.lab.map import LabClock, LabDialer, LabMap, LabTransport, read_map, write_map
from dane_check.lab.scenario import Expect, Options, Scenario, Verdict, load_scenarios, read_scenario
from dane_check.lab.standalone import serve

__all__ = [
    "Asked",
    "Expect",
    "Lab",
    "LabClock",
    "LabDialer",
    "LabMap",
    "LabTransport",
    "Options",
    "Scenario",
    "Session",
    "Verdict",
    "load_scenarios",
    "read_map",
    "read_scenario",
    "serve",
    "write_map",
]
