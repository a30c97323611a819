"""The array types of distributions, apart from the compiled kernels so that reading costs nothing."""

import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]
U8 = NDArray[np.uint8]
