"""Regard: image analysis on your own hardware over the Amazon Rekognition protocol."""

__version__ = "0.1.0"
