"""Should a posterior be believed: does the model reproduce its data, is the engine calibrated?"""
