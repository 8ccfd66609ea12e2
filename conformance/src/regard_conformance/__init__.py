"""Asks an endpoint whether it speaks the Amazon Rekognition protocol, as unmodified clients would find out.

Nothing here imports the server it is run against: `command.py` is the way in, `cases/` the questions, `sdk/` the
clients that put them, `judge.py` the verdicts.
"""
