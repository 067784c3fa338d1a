"""One emulator for all scenarios, a fresh account of it for each, and one account with an estate that is only read."""

import concurrent.futures
import datetime
import pathlib

import pytest

import estate
from harness import Emulator, Proxy


@pytest.fixture(scope="session")
def emulator():
    with Emulator.started() as emulator:
        yield emulator


@pytest.fixture
def account(emulator):
    return emulator.account()


class Estate:
    """The estate, as one undisturbed scan saw it."""

    def __init__(self, account, folder: pathlib.Path):
        self.account, self.folder = account, folder
        estate.build(account)
        # Everything is judged at one instant, so that no verdict changes by the clock.
        now = datetime.datetime.now(datetime.timezone.utc)
        self.as_of = ["--as-of", now.isoformat(timespec="seconds").replace("+00:00", "Z")]
        account.calls(forget=True)
        self.undisturbed = self.scan("undisturbed")
        self.calls = {operation for _, operation, _ in account.calls(forget=True)}

    def scan(self, name, *arguments, **where):
        return self.account.scan(self.folder / name, *self.as_of, *arguments, **where)


@pytest.fixture(scope="session")
def known(emulator, tmp_path_factory):
    return Estate(emulator.account(), tmp_path_factory.mktemp("estate"))


@pytest.fixture(scope="session")
def proxy(emulator):
    with Proxy.started(emulator) as proxy:
        yield proxy


@pytest.fixture(scope="module")
def disturbed(request, known, proxy):
    """Scans of the known estate through the proxy, by name; each is disturbed as the module's `DISTURBANCES` say.

    Rules name the access key of a scan, so that many go through one proxy at once. Only those that some chosen test is
    marked with are begun.
    """
    chosen = [item for item in request.session.items if item.module is request.module]
    names = {mark.args[0]: None for item in chosen for mark in item.iter_markers("disturbed")}
    rules, accounts = [], {}
    for name in names:
        accounts[name] = known.account.emulator.known(known.account.id)
        rules += request.module.DISTURBANCES[name](known, accounts[name])
    proxy.rules(*rules)

    def scan(name):
        return accounts[name].scan(known.folder / name.replace(":", "-"), *known.as_of, url=proxy.url)

    with concurrent.futures.ThreadPoolExecutor(12) as pool:
        yield {name: pool.submit(scan, name) for name in names}
