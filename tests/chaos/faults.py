"""All faults of the suite, in the order of the table."""

from __future__ import annotations

from faults_of_answers import ANSWERS
from faults_of_other_vendors import KLAVIYO, SURESEND
from faults_of_the_line import LINE
from faults_of_the_machine import MACHINE
from faults_of_the_tap import TAP

FAULTS = (*ANSWERS, *LINE, *TAP, *MACHINE, *KLAVIYO, *SURESEND)
