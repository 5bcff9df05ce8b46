"""Tests of UN Comtrade: answers in the genuine shape, made by hand."""
