"""Tests of stories: what one may say, and one told from end to end on a server of this machine."""
