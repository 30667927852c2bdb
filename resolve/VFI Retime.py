"""Retimes the selected clip of a timeline in DaVinci Resolve Studio: Workspace > Scripts > VFI Retime."""

import sys

# Written by `vfi install resolve`: Resolve runs scripts without __file__, so they cannot find what lies beside them.
ADAPTER = "@VFI_ADAPTER@"

sys.path.insert(0, ADAPTER)
try:
    from vfi_resolve.start import start
except ImportError as error:
    print(f"VFI Retime is not installed whole ({error}); run: vfi install resolve")
else:
    start(globals())
finally:
    sys.path.remove(ADAPTER)
