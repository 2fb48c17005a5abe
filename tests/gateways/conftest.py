from collections.abc import AsyncIterator

import pytest
from bad_carrier import BadCarrier
from gateway_samples import SHORT, make_account

from calamity.gateways.twilio import TwilioCarrier


@pytest.fixture
async def server() -> AsyncIterator[BadCarrier]:
    made = BadCarrier()
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
async def carrier(server: BadCarrier) -> AsyncIterator[TwilioCarrier]:
    made = TwilioCarrier(make_account(origin=server.origin), SHORT)
    await made.start()
    yield made
    await made.close()
