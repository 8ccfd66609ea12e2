"""Scores of networks to the percentages of answers."""


def percent(score: float, threshold: float) -> float:
    """0 to 100, rising with `score` in two straight pieces: 50 at `threshold`, 100 at a score of 1.

    score: 0 to 1. threshold: the score from which the claim is made, above 0 and below 1. So 50 means "just enough"
    for every network, whatever its own scale; a percentage is not a probability.
    """
    if score < threshold:
        return 50 * score / threshold
    return 50 + 50 * (score - threshold) / (1 - threshold)
