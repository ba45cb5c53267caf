"""Layers with a state as the descriptors of the kernels for Cortex-M with DSP."""

from __future__ import annotations

import numpy as np

from tinyrob.kernels import gates
from tinyrob.kernels.descriptor import Array, Descriptor
from tinyrob.kernels.dsp import layout as dsp
from tinyrob.kernels.dsp.int16 import fours
from tinyrob.kernels.portable import describe
from tinyrob.network import layers as net


def _lstm(layer: net.Layer) -> net.Lstm:
    return describe.spec_of(layer, net.Lstm)


def _copies(spec: net.Lstm) -> int:
    """Values of copied rows: those that are no whole number of fours."""
    return sum(dsp.STEP * dsp.steps(n) for n in (spec.in_c, spec.units) if n % dsp.STEP)


def lstm_accepts(layer: net.Layer) -> bool:
    """Constants within the ranges of tr_dsp_dot4.h."""
    return all(map(dsp.paired, gates.dense_layers(_lstm(layer))))


def lstm_scratch(layer: net.Layer) -> int:
    """Copies of rows that are no whole number of words."""
    return _copies(_lstm(layer))


def lstm(layer: net.Layer) -> Descriptor:
    """tr_lstm_dsp."""
    return gates.lstm(layer, "tr_lstm_dsp", dsp.dense)


def lstm16_scratch(layer: net.Layer) -> int:
    """The same of int16."""
    return 2 * _copies(_lstm(layer))


def lstm16(layer: net.Layer) -> Descriptor:
    """tr_lstm_dsp16."""
    return gates.lstm16(layer, "tr_lstm_dsp16", lambda w: Array("int32_t", fours(w).view(np.int32)))


def _features(layer: net.Layer) -> net.Dense:
    return gates.features(describe.spec_of(layer, net.Svdf))


def svdf_accepts(layer: net.Layer) -> bool:
    """Constants within the ranges of tr_dsp_dot4.h."""
    return dsp.paired(_features(layer))


def svdf_scratch(layer: net.Layer) -> int:
    """A copy of a row that is no whole number of words."""
    taps = _features(layer).in_c
    return dsp.STEP * dsp.steps(taps) if taps % dsp.STEP else 0


def svdf(layer: net.Layer) -> Descriptor:
    """tr_svdf_dsp."""
    return gates.svdf(layer, "tr_svdf_dsp", describe.svdf(layer), dsp.dense)
