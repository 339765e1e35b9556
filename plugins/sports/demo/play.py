"""How a demo game goes: four quarters of twelve minutes, two hours with the breaks."""

from dataclasses import dataclass

from .chance import draws


@dataclass(frozen=True)
class Stage:
    """A stretch of the evening. `length` is in seconds; `pause` names a break, None is play."""

    length: int
    period: int
    pause: str | None = None


@dataclass(frozen=True)
class Standing:
    """Where a game stands at one moment. No scores before it begins."""

    status: str
    status_text: str
    period: int | None = None
    clock: str | None = None
    home: int | None = None
    away: int | None = None


# The game clock runs half the time, as in real halls: 12 minutes of it take 24.
QUARTER, CLOCK_SHARE = 1440, 2
STAGES = (
    Stage(QUARTER, 1),
    Stage(240, 1, "End of Q1"),
    Stage(QUARTER, 2),
    Stage(960, 2, "Half-time"),
    Stage(QUARTER, 3),
    Stage(240, 3, "End of Q3"),
    Stage(QUARTER, 4),
)
LENGTH = sum(stage.length for stage in STAGES)

# A play every 32 s, the teams in turn: 90 each, at 19/16 points on average, makes about 107 a game.
SECONDS_A_PLAY = 32
PLAYS = 4 * QUARTER // SECONDS_A_PLAY
POINTS = (0,) * 7 + (1,) + (2,) * 6 + (3,) * 2


def standing(seed: str, elapsed: int) -> Standing:
    """Where the game named `seed` stands `elapsed` seconds after its start or, negative, before."""
    if elapsed < 0:
        return Standing("scheduled", "Scheduled")
    if elapsed >= LENGTH:
        return Standing("final", "Final", 4, None, *points(seed, PLAYS))
    return _under_way(seed, elapsed)


def points(seed: str, plays: int) -> tuple[int, int]:
    """Home and away points after so many plays: they only grow. The last shot settles a tie."""
    made = [POINTS[draw % len(POINTS)] for draw in draws(seed, plays)]
    home, away = sum(made[::2]), sum(made[1::2])
    return (home + 2 if plays == PLAYS and home == away else home), away


def _under_way(seed: str, elapsed: int) -> Standing:
    stage, into, played = _stage_at(elapsed)
    score = points(seed, played // SECONDS_A_PLAY)
    if stage.pause:
        return Standing("in_progress", stage.pause, stage.period, None, *score)
    clock = _clock((QUARTER - into) // CLOCK_SHARE)
    return Standing("in_progress", f"Q{stage.period} {clock}", stage.period, clock, *score)


def _stage_at(elapsed: int) -> tuple[Stage, int, int]:
    """The stage, the seconds into it, and the seconds of play since the game began."""
    played = 0
    for stage in STAGES:
        if elapsed < stage.length:
            return stage, elapsed, played + (0 if stage.pause else elapsed)
        elapsed -= stage.length
        played += 0 if stage.pause else stage.length
    raise ValueError("The game is over.")


def _clock(seconds: int) -> str:
    return f"{seconds // 60}:{seconds % 60:02}"
