"""Plans of many names: what is done for each few of them does not grow with all that there are."""

from tests.engine.clock import ManualClock
from tests.unit.parameter_store import Store
from tui.services.parameter_applying import apply
from tui.services.parameter_plans import Wanted, plan_of
from tui.services.parameters import Parameters


async def test_a_plan_of_many_names_does_not_spend_its_time_on_telling_how_far_it_is():
    class Watch(ManualClock):
        spent = 0.0

        def monotonic(self):
            return self.spent

    clock, told = Watch(), []

    def see(report):
        told.append(len(report.done))
        clock.spent += 1  # as long as a batch takes

    def ask(operation, params):
        clock.spent += operation == "GetParameters"

    store = Store()
    store.before.append(ask)
    plan = plan_of({}, [Wanted(name=f"/app/{number}", value="x") for number in range(1000)])
    report = await apply(plan, Parameters(store), clock=clock, progress=see)
    assert report.clean
    assert told == [10, 210, 410, 610, 810, 1000]
