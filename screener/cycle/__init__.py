"""The driver of the themes: dated capital expenditure, guidance, and the phase and score they give."""

from screener.cycle.cycle import Cycle, State, load_cycle
from screener.cycle.driver import Driver, load_driver
from screener.cycle.guidance import Guidance, load_guidance

__all__ = ["Cycle", "Driver", "Guidance", "State", "load_cycle", "load_driver", "load_guidance"]
