"""Tests of the page of a release, of its files, and of the server that shows them."""
