//! The rule of the end: left alone, every way leads out, and nothing is left.

use madoguchi_journey::{Action, Input, Timer};
use madoguchi_protocol::local::{DeviceState, Event, EventFrame};
use madoguchi_protocol::{Failure, FailureCode};

use super::Walk;

impl Walk {
    /// Nobody touches anything any more, the agent says nothing, the card is taken.
    pub fn find_the_way_out(&mut self) {
        self.kiosk.hold = true;
        self.kiosk.agent.out.clear();
        for _ in 0..200 {
            if self.kiosk.quit || self.kiosk.timer == Timer::Off {
                break;
            }
            self.kiosk.wait(1);
        }
        let view = self.kiosk.view();
        let page = view.screen.name();
        if page == "take_card" {
            let event = Event::Device(DeviceState::default());
            self.kiosk.put(Input::Event(EventFrame { visit: None, event }));
        }
        let outside = ["connecting", "out_of_service", "take_card_first", "start"];
        assert!(self.kiosk.quit || outside.contains(&page), "stuck on {view:?}");
        if self.kiosk.quit {
            self.check_nothing_is_left();
        }
    }

    /// After the end no input brings anything back.
    fn check_nothing_is_left(&mut self) {
        let end = self.kiosk.view();
        assert_eq!(end.screen.name(), "ended");
        assert!(end.dialog.is_none() && end.progress.is_none() && end.stop.is_none());
        let inputs = [
            Input::TimerFired,
            Input::Connected,
            Input::Touch { action: Action::Start, page: end.page },
            Input::Lost(Failure::new(FailureCode::AgentAway, "late")),
        ];
        for input in inputs {
            assert_eq!(self.kiosk.journey.handle(input), []);
            assert_eq!(self.kiosk.view(), end);
        }
    }
}
