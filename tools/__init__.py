"""Programs for those who work on Regard; none of them is installed with it."""
