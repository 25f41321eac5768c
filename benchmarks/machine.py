"""What a measurement was made on, in one line: processor, cores, versions, threads of the linear algebra."""

import os
import platform

import numpy as np

TAMPERING = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE", "OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")


def processor():
    """The processor's name as the system gives it."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            return next(line.split(":")[1].strip() for line in file if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def description(*versions):
    """One line for the head of a table; `versions` are words like "scikit-learn 1.9"."""
    parts = [processor(), f"{os.cpu_count()} cores", platform.system(), f"Python {platform.python_version()}",
             f"NumPy {np.__version__}", *versions, blas()]
    parts += [f"{name}={os.environ[name]}" for name in TAMPERING if name in os.environ]
    return ", ".join(parts)


def blas():
    """Name, threads and kernels of the library behind NumPy's matrix products, if threadpoolctl can tell."""
    try:
        import threadpoolctl
    except ImportError:
        return "BLAS unknown (threadpoolctl is not installed)"
    found = [info for info in threadpoolctl.threadpool_info() if info["user_api"] == "blas"]
    return "; ".join(f"{i['internal_api']} {i['version']}, {i['num_threads']} threads, {i.get('architecture', '')}"
                     for i in found)
