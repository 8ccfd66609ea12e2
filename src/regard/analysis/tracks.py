"""Short anonymous tracks, so that what covers something does not blink."""

from regard.analysis.track_parts import Found, TrackerOptions, TrackPiece, Uncertain

__all__ = ["Found", "TrackPiece", "TrackerOptions", "Uncertain"]
