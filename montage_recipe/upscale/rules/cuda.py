"""CUDA, cuDNN, TensorRT, onnxruntime on a GPU, and what NVIDIA's driver says of itself."""

from __future__ import annotations

from montage_recipe.upscale.rules.spec import Rank, rule

_TORCH, _ORT, _TRT, _DRIVER = "torch", "onnxruntime", "TensorRT", "NVIDIA's driver"

_NONE_THERE = r"No (?:CUDA|HIP|XPU) GPUs are available|no CUDA-capable device is detected"

RULES = (
    # --- memory
    rule(
        "cuda-va-exhausted",
        r"\[ExpandableSegmentVA\].*(?:Failed to reserve|cuMemAddressReserve.*failed)|virtual address space for an expandable",
        seen=_TORCH,
    ),
    rule(
        "cuda-va-exhausted",
        r"CUDA driver error: out of memory",
        near=r"cuMemAddressReserve.*failed|ExpandableSegment::ExpandableSegment",
        rank=Rank.LIKELY,
        seen=_TORCH,
    ),
    rule("cuda-oom", r"CUDA driver error: out of memory", rank=Rank.LIKELY, seen=_TORCH),
    rule("gpu-too-small", r"the smallest tiles do not fit either", rank=Rank.VERDICT, seen="upscale.py"),
    rule("cuda-oom", r"(?:CUDA|HIP|XPU) out of memory\. Tried to allocate|MPS backend out of memory", seen=_TORCH),
    rule(
        "cuda-oom",
        r"(?:CUDA|cudaError|HIP) ?(?:error|failure)[^a-z]*(?:2: )?(?:out of memory|MemoryAllocation)",
        seen=_TORCH,
    ),
    rule("cuda-oom", r"cudaErrorMemoryAllocation|CUDA_ERROR_OUT_OF_MEMORY", seen=_TORCH),
    rule("cuda-oom", r"^(?:torch\.)?(?:cuda\.)?OutOfMemoryError", rank=Rank.LIKELY, seen=_TORCH),
    rule("cuda-oom", r"CUBLAS_STATUS_ALLOC_FAILED|CUDNN_STATUS_ALLOC_FAILED", seen=_TORCH),
    rule("cuda-oom", r"BFCArena::AllocateRawInternal.*Failed to allocate memory for requested buffer", seen=_ORT),
    rule("cuda-oom", r"Available memory of \d+ is smaller than requested bytes", seen=_ORT),
    rule("cuda-oom", r"Requested amount of GPU memory \(\d+ bytes\) could not be allocated", seen=_TRT),
    rule("cuda-oom", r"Cuda Runtime \(out of memory\)|Error Code 2: OutOfMemory", rank=Rank.LIKELY, seen=_TRT),
    rule("cuda-oom", r"\bcuMemAlloc\w* failed.*(?:out of memory|OUT_OF_MEMORY)", seen=_DRIVER),
    # --- no GPU, another GPU, a GPU that is taken
    rule(  # where there was one, NVML says that it was lost
        "no-cuda-device",
        _NONE_THERE,
        near=r"(?s)\A(?!.*Failed to initialize NVML: Unknown Error)",
        seen=_TORCH,
    ),
    rule(
        "no-cuda-device",
        _NONE_THERE,
        rank=Rank.LIKELY,
        seen=_TORCH,
    ),
    rule("no-cuda-device", r"Found no NVIDIA driver on your system|you might not have a CUDA gpu", seen=_TORCH),
    rule("no-cuda-device", r"CUDA failure 100\b|cudaErrorNoDevice|CUDA_ERROR_NO_DEVICE", seen=_ORT),
    rule(
        "bad-gpu-index",
        r"invalid device ordinal|Invalid device id|cudaErrorInvalidDevice|CUDA failure 101\b",
        seen=_TORCH,
    ),
    rule("gpu-busy", r"CUDA-capable device\(s\) is/are busy or unavailable|cudaErrorDevicesUnavailable", seen=_TORCH),
    rule("gpu-busy", r"exclusive-thread device already in use|device is currently in use by another", seen=_TORCH),
    rule("torch-cpu-build", r"Torch not compiled with CUDA enabled", seen=_TORCH),
    rule(
        "no-cuda-device",
        r"Attempting to deserialize object on a CUDA device but torch\.cuda\.is_available\(\) is False",
        rank=Rank.EFFECT,
        seen=_TORCH,
    ),
    rule("no-cuda-device", r"torch\.cuda\.is_available\(\) is False", rank=Rank.EFFECT, seen=_TORCH),
    rule("gpu-arch-unsupported", r"is not compatible with the current PyTorch installation", seen=_TORCH),
    rule(
        "gpu-arch-unsupported",
        r"no kernel image is available|cudaErrorNoKernelImageForDevice",
        rank=Rank.LIKELY,
        seen=_TORCH,
    ),
    rule(
        "gpu-arch-unsupported",
        r"Unsupported gpu architecture|Found GPU\d* .* which is (?:of cuda capability|too old)",
        seen=_TORCH,
    ),
    # --- driver and libraries
    rule("driver-too-old", r"The NVIDIA driver on your system is too old", seen=_TORCH),
    rule(
        "driver-too-old",
        r"CUDA driver version is insufficient for CUDA runtime version|cudaErrorInsufficientDriver",
        seen=_TORCH,
    ),
    rule(
        "driver-too-old", r"PTX was compiled with an unsupported toolchain|cudaErrorUnsupportedPtxVersion", seen=_TORCH
    ),
    rule(
        "driver-mismatch",
        r"forward compatibility was attempted on non supported HW|CompatNotSupportedOnDevice",
        seen=_TORCH,
    ),
    rule(
        "driver-mismatch", r"unsupported display driver ?/ ?cuda driver combination|SystemDriverMismatch", seen=_TORCH
    ),
    rule(
        "driver-mismatch", r"Driver/library version mismatch|API mismatch: the (?:client|NVIDIA kernel)", seen=_DRIVER
    ),
    rule(
        "no-nvidia-driver",
        r"NVIDIA-SMI has failed because it couldn't communicate|(?i:driver not loaded)",
        seen=_DRIVER,
    ),
    rule("no-nvidia-driver", r"nvidia-smi(?:: command)?:? not found", seen="bash"),
    rule("no-nvidia-driver", r"No such file or directory: '(?:/usr/bin/)?nvidia-smi'", seen="Python"),
    rule(
        "no-nvidia-driver", r"could not select device driver .*\bgpu\b|libnvidia-ml\.so\.1: cannot open", seen="Docker"
    ),
    rule(
        "cuda-lib-missing",
        r"lib(?:cud(?:nn|art)|cublas|cufft|curand|cusolver|cusparse|nvrtc|nvinfer|nvJitLink|nvToolsExt|cupti|nccl)\w*\.so"
        r"[.\d]*: (?:cannot open shared object file|undefined symbol)",
        seen=_TORCH,
    ),
    rule("cuda-lib-missing", r"(?:Could not|Unable to) load (?:library|any of) .*lib(?:cud|cublas|nv)", seen=_TORCH),
    rule(
        "cuda-lib-missing",
        r"(?:cudnn|cublas|cudart|nvrtc)\w*\.dll.*(?:not found|could not be loaded|is missing)",
        seen=_TORCH,
    ),
    rule("cuda-lib-missing", r"Failed to create CUDAExecutionProvider", rank=Rank.LIKELY, seen=_ORT),
    rule(
        "cudnn-init-failed",
        r"CUDNN_STATUS_(?:NOT_INITIALIZED|INTERNAL_ERROR|VERSION_MISMATCH|SUBLIBRARY_\w+)",
        seen="cuDNN",
    ),
    rule("cudnn-init-failed", r"CUBLAS_STATUS_NOT_INITIALIZED", rank=Rank.LIKELY, seen="cuBLAS"),
    rule("cudnn-init-failed", r"cuDNN (?:initialization failed|version incompatib)", seen="cuDNN"),
    # --- kernels
    rule("cuda-device-assert", r"device-side assert triggered|cudaErrorAssert", seen=_TORCH),
    rule("cuda-device-assert", r"\.cu:\d+: .*block: \[.*Assertion `.*` failed", rank=Rank.LIKELY, seen=_TORCH),
    rule(
        "cuda-illegal-access",
        r"an illegal memory access was encountered|cudaErrorIllegalAddress|CUDA failure 700\b",
        seen=_TORCH,
    ),
    rule("cuda-illegal-access", r"CUDA error: misaligned address|an illegal instruction was encountered", seen=_TORCH),
    rule("cuda-illegal-access", r"NVRM: Xid \(.*\): (?:13|31)\b", rank=Rank.LIKELY, seen=_DRIVER),
    rule(
        "cuda-launch-timeout",
        r"the launch timed out and was terminated|cudaErrorLaunchTimeout|Xid \(.*\): 8\b",
        seen=_TORCH,
    ),
    rule("cuda-launch-failure", r"unspecified launch failure|cudaErrorLaunchFailure|CUDA failure 719\b", seen=_TORCH),
    rule("cuda-launch-failure", r"NVRM: Xid \(.*\): (?:43|45)\b", rank=Rank.EFFECT, seen=_DRIVER),
    rule(
        "cuda-launch-failure",
        r"CUDNN_STATUS_EXECUTION_FAILED|CUBLAS_STATUS_EXECUTION_FAILED",
        rank=Rank.EFFECT,
        seen="cuDNN",
    ),
    rule(
        "cuda-unknown",
        r"CUDA (?:error: )?unknown error|cudaErrorUnknown|CUDA failure 999\b",
        rank=Rank.LIKELY,
        seen=_TORCH,
    ),
    rule(
        "cuda-unknown",
        r"CUDA error: (?:initialization error|operation not (?:supported|permitted))",
        rank=Rank.EFFECT,
        seen=_TORCH,
    ),
    # --- hardware
    rule("gpu-hardware", r"uncorrectable (?:NVLink |ECC )?error|cudaErrorECCUncorrectable", seen=_TORCH),
    rule("gpu-hardware", r"NVRM: Xid \(.*\): (?:48|62|63|64|74|79|92|94|95|119|120)\b", seen=_DRIVER),
    rule(
        "gpu-hardware",
        r"\bfallen off the bus|CUDA error: hardware stack error|row remapp\w+ (?:failure|failed)",
        rank=Rank.LIKELY,
        seen=_DRIVER,
    ),
    rule("session-gpu-lost", r"Unable to determine the device handle for GPU|GPU is lost\. +Reboot", seen=_DRIVER),
    rule("session-gpu-lost", r"^No devices were found", rank=Rank.LIKELY, seen="nvidia-smi"),
    rule("session-gpu-lost", r"(?:NVML|nvml\w*).*(?:Unknown Error|GPU_IS_LOST)", rank=Rank.LIKELY, seen=_DRIVER),
    rule(
        "session-gpu-lost",
        r"Failed to initialize NVML: Unknown Error",
        near=r"No CUDA GPUs are available|no CUDA-capable device",
        seen=_DRIVER,
    ),
    # --- engines
    # Each of them compares the header with this TensorRT, this platform; only that of the size tells of a cut-off file.
    rule("tensorrt-engine-mismatch", r"Serialization assertion (?!size).* failed", seen=_TRT),
    rule("weights-corrupt", r"Serialization assertion size.* failed", seen=_TRT),
    rule(
        "tensorrt-engine-mismatch",
        r"engine plan file is (?:not compatible with|generated on an incompatible)",
        seen=_TRT,
    ),
    rule(
        "tensorrt-engine-mismatch",
        r"Serialized Engine Version: |expecting library version .* got",
        rank=Rank.LIKELY,
        seen=_TRT,
    ),
    # --- older and other ways to say it
    rule(
        "cuda-oom",
        r"(?i)cuda (?:runtime )?error[^a-z]*out of memory|THCudaCheck FAIL .*out of memory",
        seen="torch before 1.8",
    ),
    rule("cuda-oom", r"\bOutOfMemoryError: (?:Out of memory allocating|.*GPU)", seen="cupy"),
    rule(
        "cuda-oom",
        r"RESOURCE_EXHAUSTED|failed to allocate .* on the GPU|OOM when allocating tensor",
        seen="TensorFlow, JAX",
    ),
    rule(
        "cuda-unknown",
        r"cuda runtime error \(\d+\) : unknown error|THCudaCheck FAIL .*unknown error",
        rank=Rank.LIKELY,
        seen="torch before 1.8",
    ),
    rule(
        "torch-cpu-build",
        r"Could not run '(?!torchvision::)[\w:.]+' with arguments from the 'CUDA' backend",
        seen=_TORCH,
    ),
    rule(
        "torch-cpu-build",
        r"Cannot initialize CUDA without ATen_cuda library|PyTorch is not linked with support for cuda",
        seen=_TORCH,
    ),
    rule("gpu-busy", r"all CUDA-capable devices are busy or unavailable", seen=_TORCH),
    rule("gpu-arch-unsupported", r"Target GPU SM \d+ is not supported by this TensorRT", seen=_TRT),
    rule("tensorrt-engine-mismatch", r"Serialization Error in \w+: \d+ \(Version tag does not match\)", seen=_TRT),
    rule("driver-mismatch", r"(?i)driver/library version mismatch", seen="nvidia-container-cli"),
    rule("bad-gpu-index", r"^invalid gpu ?(?:device|id)", near=r"(?m)^\[\d+ (?!llvmpipe)", seen="ncnn"),
    rule("no-nvidia-driver", r"command not found: nvidia-smi|'nvidia-smi' is not recognized", seen="zsh, Windows"),
    rule(
        "bad-gpu-index",
        r"Attempting to deserialize object on CUDA device \d+ but torch\.cuda\.device_count\(\) is",
        seen=_TORCH,
    ),
    rule(
        "bad-input-shape", r"Static dimension mismatch while setting input shape|setInputShape: Error Code 3", seen=_TRT
    ),
    rule("no-nvidia-driver", r"failed to run command [‘'](?:\S*/)?nvidia-smi[’']", seen="timeout, nohup"),
    rule(
        "driver-too-old",
        r"unsatisfied condition: (?:cuda|driver) ?>|please update your driver to a newer version",
        seen="nvidia-container-cli",
    ),
    # The compiler that came with this build has not heard of the GPU.
    rule(
        "gpu-arch-unsupported",
        r"nvrtc: error: invalid value for --gpu-arch|Value 'sm_\w+' is not defined for option 'gpu-name'",
        seen="nvrtc, ptxas",
    ),
    rule(
        "gpu-arch-unsupported",
        r"(?:CUDA|HIP) error: invalid device function|hipErrorNoBinaryForGpu",
        rank=Rank.LIKELY,
        seen=_TORCH,
    ),
    rule(
        "cuda-lib-missing",
        r"Error loading \"[^\"]*(?:cudnn|cublas|cudart|nvrtc|_cuda)\w*\.dll\" or one of its dependencies",
        seen=_TORCH,
    ),
    rule(
        "no-nvidia-driver",
        r"NVIDIA-SMI couldn't find libnvidia-ml|modprobe: FATAL: Module nvidia\S* not found",
        seen=_DRIVER,
    ),
    rule("gpu-hardware", r"NVRM: .*RmInitAdapter failed", rank=Rank.LIKELY, seen=_DRIVER),
    rule("gpu-arch-unsupported", r"FATAL: kernel `.*` is for sm\d+.*, but was built for sm\d+", seen="xFormers"),
    rule("torch-cpu-build", r"Tried to instantiate dummy base class", seen=_TORCH),
    # --- the driver's own names, which Numba, cupy and PyCUDA show, and its numbers in onnxruntime's "CUDA failure"
    rule("driver-too-old", r"CUDA_ERROR_UNSUPPORTED_PTX_VERSION|CUDA failure (?:35|222)\b", seen=_DRIVER),
    rule("driver-mismatch", r"CUDA_ERROR_(?:SYSTEM_DRIVER_MISMATCH|COMPAT_NOT)|CUDA failure 80[34]\b", seen=_DRIVER),
    rule("bad-gpu-index", r"CUDA_ERROR_INVALID_DEVICE\b", seen=_DRIVER),
    rule("gpu-busy", r"CUDA_ERROR_DEVICE_UNAVAILABLE|CUDA failure 46\b", seen=_DRIVER),
    rule("gpu-hardware", r"CUDA_ERROR_ECC_UNCORRECTABLE|CUDA failure 214\b", seen=_DRIVER),
    rule("gpu-arch-unsupported", r"CUDA_ERROR_NO_BINARY_FOR_GPU|CUDA failure 209\b", rank=Rank.LIKELY, seen=_DRIVER),
    rule("cuda-illegal-access", r"CUDA_ERROR_(?:ILLEGAL|MISALIGNED)_ADDRESS", seen=_DRIVER),
    rule("cuda-launch-timeout", r"CUDA_ERROR_LAUNCH_TIMEOUT|CUDA failure 702\b", seen=_DRIVER),
    rule("cuda-launch-failure", r"CUDA_ERROR_LAUNCH_FAILED", seen=_DRIVER),
    rule("cuda-device-assert", r"CUDA_ERROR_ASSERT\b|CUDA failure 710\b", seen=_DRIVER),
    rule("cuda-unknown", r"CUDA_ERROR_UNKNOWN\b", rank=Rank.LIKELY, seen=_DRIVER),
)
