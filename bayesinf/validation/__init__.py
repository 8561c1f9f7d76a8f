"""`bayesinf validate`: certified values, exact posteriors and calibration on the user's machine."""

from bayesinf.validation.validation import Validation as Validation, validate as validate
