"""The frame as it was read: columns, what they were at the fit, missing values, examples."""

from bayesinf.data.examples import nhefs as nhefs, sleepstudy as sleepstudy
from bayesinf.data.missing import Missing as Missing, drop_missing as drop_missing
from bayesinf.data.schema import Column as Column, Schema as Schema
from bayesinf.data.table import Table as Table
