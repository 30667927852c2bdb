"""``python -m vfi_plugin`` is ``vfi``."""

import sys

from vfi_plugin.cli.main import main

sys.exit(main())
