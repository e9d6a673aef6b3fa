"""defines none of the functions

WHEN: import   BOUND: -
MUST: three clear 'not defined' messages
"""

import torch
