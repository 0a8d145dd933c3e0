"""Makes the stubs from the published descriptor set: neither the .proto files nor a running server is needed.

    python generate.py mahila.binpb FOLDER
"""

import sys
from pathlib import Path

from google.protobuf.descriptor_pb2 import FileDescriptorSet
from grpc_tools import protoc


def main(descriptors: str, folder: str) -> int:
    contract = FileDescriptorSet.FromString(Path(descriptors).read_bytes())
    # Google's own are in packages already (protobuf, googleapis-common-protos); made again they would clash with those.
    files = [file.name for file in contract.file if file.name.startswith("mahila/")]
    Path(folder).mkdir(parents=True, exist_ok=True)
    # mypy-protobuf's plugins write the types beside the code.
    outputs = [f"--{kind}_out={folder}" for kind in ("python", "grpc_python")]
    outputs += [f"--{kind}_out=quiet:{folder}" for kind in ("mypy", "mypy_grpc")]
    return protoc.main(["protoc", f"--descriptor_set_in={descriptors}", *outputs, *files])


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
