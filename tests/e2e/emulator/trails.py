"""CloudTrail's event history, which moto does not have: it holds what a scenario puts there."""

from moto.cloudtrail.responses import CloudTrailResponse
from moto.core.responses import ActionResult

# Account → its events.
EVENTS = {}


def install():
    CloudTrailResponse.lookup_events = lambda self: ActionResult({"Events": EVENTS.get(self.current_account, [])})
