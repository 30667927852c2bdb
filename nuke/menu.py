import vfi_nuke
vfi_nuke.setup_menu()
