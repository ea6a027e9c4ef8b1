"""The short form of `test_three_appointments.py`: a young person and a parent, the network cut
three times, every answer once, nothing left on the tablet, help on every screen."""

from __future__ import annotations

from fixtures.room_appointment import Appointment, appointment, home, young_person_and_parent
from fixtures.room_tablet import tablet_with

__all__ = ["appointment", "home"]

room_tablet = tablet_with("p3")


def test_two_private_turns_and_a_joint_sheet_with_a_network_that_comes_and_goes(
    appointment: Appointment, home: list[str]
) -> None:
    young_person_and_parent(appointment, home)
