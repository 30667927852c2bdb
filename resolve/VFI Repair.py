"""Finds and repairs bad frames of the selected clips in DaVinci Resolve Studio: Workspace > Scripts > VFI Repair."""

import sys

# Written by `vfi install resolve`: Resolve runs scripts without __file__, so they cannot find what lies beside them.
ADAPTER = "@VFI_ADAPTER@"

sys.path.insert(0, ADAPTER)
try:
    from vfi_resolve.start import start_repair
except ImportError as error:
    print(f"VFI Repair is not installed whole ({error}); run: vfi install resolve")
else:
    start_repair(globals())
finally:
    sys.path.remove(ADAPTER)
