"""The graph that every backend is generated from, its arithmetic, and .tflite in and out."""
