"""What Python, NumPy, torch's own checks and the loaders of weights raise."""

from __future__ import annotations

from montage_recipe.upscale.rules.spec import Rank, rule

_WEIGHTS = r"\.(?:pth|pt|onnx|safetensors|ckpt|engine|trt|param|bin|pkl|ncnn)\b"
_TORCH, _PYTHON = "torch", "Python"

RULES = (
    rule(
        "certificate-untrusted",
        r"CERTIFICATE_VERIFY_FAILED|certificate verify failed|SSL certificate problem: |SEC_E_UNTRUSTED_ROOT",
        seen="Python, pip, curl, git",
    ),
    # --- weights
    rule(
        "weights-missing",
        r"weights file \S+ is missing\b.*\bthis host cannot download it",
        rank=Rank.VERDICT,
        seen="montage-recipe",
    ),
    rule("weights-missing", rf"No such file or directory: ['\"][^'\"]*{_WEIGHTS}", seen=_TORCH),
    rule(
        "weights-missing",
        r"NO_SUCHFILE|Load model from .* failed:.*(?:doesn't exist|does not exist)",
        seen="onnxruntime",
    ),
    rule(
        "weights-missing",
        rf"(?i)(?:weights?|model|checkpoint)\b.*{_WEIGHTS}.*(?:not found|does not exist|is missing)",
        rank=Rank.LIKELY,
        seen=_PYTHON,
    ),
    rule(
        "weights-corrupt",
        r"PytorchStreamReader failed|failed finding central directory|invalid magic number; corrupt file",
        seen=_TORCH,
    ),
    rule("weights-corrupt", r"UnpicklingError: |invalid load key, '", seen=_TORCH),
    rule("weights-corrupt", r"INVALID_PROTOBUF|Protobuf parsing failed", seen="onnxruntime"),
    rule(
        "weights-corrupt",
        r"SafetensorError: |safetensors.*(?:Header|header).*(?:TooLarge|Invalid|Incomplete)",
        seen="safetensors",
    ),
    rule("weights-corrupt", r"^EOFError", near=r"_weights_only_unpickler|torch/serialization\.py", seen=_TORCH),
    rule(
        "weights-corrupt",
        r"EOFError: Ran out of input|RuntimeError: unexpected EOF, expected \d+ more bytes",
        seen=_TORCH,
    ),
    rule(
        "weights-corrupt",
        r"(?i)\b(?:weights?|model|checkpoint)\b.*(?:sha-?256|hash|checksum)\b.*(?:mismatch|differ|does not match|expected)",
        rank=Rank.LIKELY,
        seen=_PYTHON,
    ),
    rule("weights-mismatch", r"Error\(s\) in loading state_dict for", seen=_TORCH),
    rule(
        "weights-mismatch",
        r"Unsupported model file extension|UnsupportedModelError|UnsupportedDtypeError",
        seen="spandrel",
    ),
    rule("weights-mismatch", r"size mismatch for [\w.]+: copying a param", rank=Rank.LIKELY, seen=_TORCH),
    rule(
        "weights-mismatch",
        r"(?:Missing|Unexpected) key\(s\) in state_dict|^KeyError: 'params(?:_ema)?'",
        rank=Rank.LIKELY,
        seen=_TORCH,
    ),
    # --- packages
    rule("dependency-broken", r"No module named 'torchvision\.transforms\.functional_tensor'", seen="basicsr"),
    rule(
        "dependency-broken",
        r"numpy\._?core\.multiarray failed to import",
        seen="NumPy",
    ),
    rule(  # it only may crash
        "dependency-broken",
        r"A module that was compiled using NumPy 1\.x cannot be run",
        near=r"AttributeError: _ARRAY_API not found|multiarray failed to import|Numpy is not available",
        rank=Rank.LIKELY,
        seen="NumPy",
    ),
    rule(
        "dependency-broken",
        r"numpy\.dtype size changed, may indicate binary incompatibility|module compiled against A[BP]I version",
        seen="NumPy",
    ),
    rule("dependency-broken", r"module 'numpy' has no attribute '(?:float|int|bool|object)'", seen="NumPy"),
    rule("dependency-broken", r"^ImportError: cannot import name '", rank=Rank.LIKELY, seen=_PYTHON),
    rule("dependency-broken", r"^(?:ImportError|OSError): .*undefined symbol: ", rank=Rank.LIKELY, seen=_PYTHON),
    rule("dependency-broken", r"DistributionNotFound|VersionConflict: ", rank=Rank.LIKELY, seen="pkg_resources"),
    rule(
        "torchvision-mismatch",
        r"operator torchvision::\w+ does not exist|Couldn't load custom C\+\+ ops",
        seen="torchvision",
    ),
    rule(
        "torchvision-mismatch",
        r"(?:PyTorch|torch) and torchvision (?:were|was|have been) compiled with different",
        seen="torchvision",
    ),
    rule("torchvision-mismatch", r"torchvision/\S+\.so: undefined symbol", seen="torchvision"),
    rule(
        "python-module-missing",
        r"^(?:ModuleNotFoundError|ImportError): No module named ",
        rank=Rank.LIKELY,
        seen=_PYTHON,
    ),
    rule("python-module-missing", r"^\S*python[\d.]*(?:\.exe)?: No module named ", rank=Rank.LIKELY, seen=_PYTHON),
    rule(
        "python-module-missing",
        r"Error while finding module specification for .*\(ModuleNotFoundError: ",
        rank=Rank.LIKELY,
        seen=_PYTHON,
    ),
    # --- numbers and shapes
    rule("dtype-unsupported", r"not implemented for 'B?(?:Half|Float16|BFloat16)'", seen=_TORCH),
    rule("dtype-unsupported", r"Input type \(.*\) and (?:bias|weight) type \(.*\) should be the same", seen=_TORCH),
    rule(
        "dtype-unsupported",
        r"expected (?:scalar type|m1 and m2 to have the same dtype).*(?:Half|Float|BFloat16)",
        seen=_TORCH,
    ),
    rule(
        "dtype-unsupported",
        r"(?i)bfloat16 is (?:only|not) supported|(?:does not|doesn't) support (?:bfloat16|half|fp16|float16|float64)",
        seen=_TORCH,
    ),
    rule("bad-input-shape", r"expected input\[.*\] to have \d+ channels", seen=_TORCH),
    rule(
        "bad-input-shape",
        r"mat1 and mat2 shapes cannot be multiplied|Sizes of tensors must match except",
        rank=Rank.LIKELY,
        seen=_TORCH,
    ),
    rule(
        "bad-input-shape",
        r"The size of tensor a \(\d+\) must match the size of tensor b",
        rank=Rank.LIKELY,
        seen=_TORCH,
    ),
    rule(
        "bad-input-shape",
        r"Kernel size can't be greater than actual input size|Padding size should be less than",
        rank=Rank.LIKELY,
        seen=_TORCH,
    ),
    rule(
        "bad-input-shape",
        r"Got invalid dimensions for input|Invalid rank for input|INVALID_ARGUMENT : Got",
        rank=Rank.LIKELY,
        seen="onnxruntime",
    ),
    rule(
        "bad-input-shape",
        r"Expected \dD .*(?:input|tensor).*but got|number of input channels .* (?:does not|doesn't) match",
        rank=Rank.LIKELY,
        seen=_TORCH,
    ),
    # --- memory
    rule("host-oom", r"DefaultCPUAllocator: (?:can't|not enough) (?:allocate )?memory", seen=_TORCH),
    rule("host-oom", r"_?ArrayMemoryError: Unable to allocate|MemoryError: Unable to allocate", seen="NumPy"),
    rule("host-oom", r"^MemoryError|std::bad_alloc", rank=Rank.LIKELY, seen=_PYTHON),
    # --- text and programs
    rule("encoding", r"^Unicode(?:En|De)codeError: '\S+' codec can't (?:en|de)code", seen=_PYTHON),
    rule(
        "encoding",
        r"(?:setlocale|locale): .*(?:cannot change locale|unsupported locale setting)",
        rank=Rank.SIGN,
        seen="bash",
    ),
    rule("script-bug", r"^(?:SyntaxError|IndentationError|TabError): ", seen=_PYTHON),
    rule("script-bug", r"^(?:NameError|UnboundLocalError): ", rank=Rank.LIKELY, seen=_PYTHON),
    rule(
        "script-bug",
        r"^(?:AttributeError|TypeError|IndexError|KeyError|ZeroDivisionError): ",
        rank=Rank.SIGN,
        seen=_PYTHON,
    ),
    rule("timeout", r"^subprocess\.TimeoutExpired: ", rank=Rank.LIKELY, seen=_PYTHON),
    rule(
        "command-missing",
        r"^FileNotFoundError: \[Errno 2\] No such file or directory: '[^'/]+'",
        near=r"subprocess\.py\", line \d+, in _execute_child",
        seen=_PYTHON,
    ),
    rule(
        "command-missing",
        r"^FileNotFoundError: .*: '[^']+'",
        near=r"subprocess\.py\", line \d+, in _execute_child",
        rank=Rank.LIKELY,
        seen=_PYTHON,
    ),
    rule(
        "dtype-unsupported",
        r"Got unsupported ScalarType (?:BFloat16|Half)|Unsupported dtype .*(?:float16|bfloat16)",
        seen=_TORCH,
    ),
    rule("key-passphrase", r"Password was not given but private key is encrypted", seen="cryptography"),
    rule(
        "input-corrupt",
        r"UnidentifiedImageError: cannot identify image file|image file is truncated|broken data stream when reading image",
        seen="Pillow",
    ),
    rule(
        "raw-size-mismatch",
        r"cannot reshape array of size \d+ into shape|buffer size must be a multiple of element size",
        rank=Rank.LIKELY,
        seen="NumPy",
    ),
    rule(
        "raw-size-mismatch",
        r"(?i)\bshort (?:frame|read)\b.*\bof \d+ bytes|not enough image data",
        rank=Rank.LIKELY,
        seen=_PYTHON,
    ),
    rule(
        "segfault",
        r"CalledProcessError: .* died with <Signals\.(?:SIGSEGV|SIGABRT|SIGBUS|SIGILL)",
        rank=Rank.LIKELY,
        seen=_PYTHON,
    ),
    rule("killed-sigkill", r"CalledProcessError: .* died with <Signals\.SIGKILL", rank=Rank.EFFECT, seen=_PYTHON),
    rule("killed-term", r"CalledProcessError: .* died with <Signals\.SIGTERM", rank=Rank.EFFECT, seen=_PYTHON),
    rule(
        "bad-arguments",
        r": error: (?:argument |unrecognized arguments|the following arguments are required|ambiguous option)",
        seen="argparse",
    ),
    rule(
        "host-oom", r"DataLoader worker .* is killed by signal: (?:Bus error|Killed)|out of shared memory", seen=_TORCH
    ),
    rule("too-many-files", r"received 0 items of ancdata", seen="multiprocessing"),
    rule(
        "torchvision-mismatch",
        r"Could not run 'torchvision::|partially initialized module 'torchvision' has no attribute 'extension'",
        seen="torchvision",
    ),
    # What a newer version of a library took away; of our own modules it would be an error of the script.
    rule(
        "dependency-broken",
        r"^AttributeError: module '(?:numpy|PIL|cv2|scipy|skimage|torch|torchvision|pkgutil|collections|inspect)\b[\w.]*'"
        r" has no attribute '",
        rank=Rank.LIKELY,
        seen=_PYTHON,
    ),
    rule("weights-corrupt", r"RuntimeError: invalid hash value \(expected", seen="torch.hub"),
    rule(
        "weights-missing",
        r"(?:Entry|Repository|Revision)NotFoundError: |Entry Not Found for url",
        rank=Rank.LIKELY,
        seen="huggingface_hub",
    ),
    rule("weights-corrupt", r"protobuf\S*\.DecodeError: ", seen="onnx"),
    rule("host-oom", r"Insufficient memory\) Failed to allocate", seen="OpenCV"),
)
