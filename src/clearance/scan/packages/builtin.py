"""Modules that no registry provides: standard libraries, and what a host program brings with it."""

import re
import sys

_REMOVED = """
aifc asynchat asyncore audioop cgi cgitb chunk crypt distutils imghdr imp lib2to3 mailcap msilib nis nntplib
ossaudiodev pipes smtpd sndhdr spwd sunau telnetlib uu xdrlib binhex formatter parser symbol macpath dummy_threading
_bootlocale dummy_thread _dummy_thread _dummy_threading _abcoll __pypy__ _winreg
"""
_NEW = "annotationlib compression pathlib tomllib _interpreters _pyrepl _colorize"
_PYTHON_2 = """
BaseHTTPServer CGIHTTPServer ConfigParser Cookie HTMLParser Queue ScrolledText SimpleHTTPServer SocketServer StringIO
Tkinter UserDict UserList UserString __builtin__ anydbm cPickle cStringIO commands compiler cookielib copy_reg dbhash
dumbdbm exceptions gdbm hotshot htmlentitydefs httplib itertools md5 mimetools MimeWriter mimewriter multifile new
popen2 repr rfc822 robotparser sets sha statvfs thread tkFileDialog tkFont tkMessageBox tkSimpleDialog ttk urllib2
urlparse user whichdb xmlrpclib _winreg Bastion Canvas Carbon Dialog DocXMLRPCServer EasyDialogs FileDialog
SimpleXMLRPCServer Tix Tkconstants Tkdnd bsddb cd dircache findertools fl fm fpformat future_builtins gl gopherlib
htmllib ihooks imageop imputil linuxaudiodev macostools mhlib mimify mutex os2emxpath posixfile rexec rgbimg sgmllib
sre stringold strop sunaudio sv tkColorChooser tkCommonDialog toaiff xmllib xmlrpc
"""
# Programs that run Python inside themselves, other implementations, and what operating systems install.
_HOSTS = """
FreeCAD FreeCADGui Part Draft Mesh GhidraBinaryReader System clr Microsoft adsk apt apt_pkg arcpy bmesh bpy bpy_extras
board busio digitalio analogio microcontroller neopixel cairo c4d dbus dbutils gdb ghidra gi gimpfu hexchat hou
ida_bytes ida_funcs ida_hexrays ida_idaapi ida_kernwin ida_nalt ida_name ida_segment ida_ua idaapi idautils idc inkex
jarray java javax js pyodide pyodide_js libvirt lldb lsst machine mathutils maya micropython nuke odoo openerp org
pcbnew pymel pythoncom rpm scribus selinux sublime sublime_plugin uctypes uasyncio ubinascii uerrno uhashlib uio ujson
unreal uno unohelper uos ure uselect usocket ussl ustruct utime vapoursynth vim weechat win32api win32con win32gui
win32evtlogutil win32service win32serviceutil win32event win32process pywintypes xbmc xbmcaddon xbmcgui xbmcplugin
xbmcvfs _typeshed __main__ __future__ sitecustomize usercustomize conftest setup test tests AppKit Autodesk
CoreFoundation DaVinciResolveScript FreeCADPath Foundation Grasshopper KPU Krita MaxPlus NodegraphAPI Quartz
RhinoPython Rhino ROOT UpdateManager _bleio _micropython actionlib adafruit_platformdetect alarm ament_index_python
ament_package appindicator apport aptdaemon aqt attiny aud audiobusio audiocore audioio awsglue bge bgl bitbangio
bl_operators bl_ui bluetooth burp caffe calibre carb catkin_pkg com controller countio cv_bridge dbus_next deluge dht
displayio dnf docplex dolfin_adjoint ds18x20 dynamic_reconfigure esp esp32 espnow ev3dev2 ezdxf_cpp fenicsx framebuf
freestyle fusionscript gajim gazebo_msgs gazebo_ros gconf gedit geometry_msgs ghpythonlib glib gnome gobject gps gpsd
gpu grass gtk hawkey hub i2cdevice idprop image_geometry isaacgym isaacsim js2 kaggle_secrets katana keypad krita
launch launch_ros lcd libdnf lib_openshot libxml2 libxslt lsb_release lx maix mari maxon message_filters microbit
moveit_commander mspyteams mssparkutils nautilus nav_msgs net network neopixel_write notebookutils omni onewire
osrf_pycommon pango pdg pdgjob picogui processing pulseio pwmio pyb pybricks pyfbsdk pymxs pynotify pypcode qgis rclpy
renderdoc rhythmbox rhinoscriptsyntax rna_prop_ui rosbag rosgraph roslaunch roslib rosnode rospkg rospy rosservice
rostopic rotaryio rp2 rpmUtils rtc sage scriptcontext sd seobject sensor_msgs socketpool softwareproperties spike
ssd1306 stage std_msgs std_srvs storage substance_painter supervisor terminalio tf2_geometry_msgs tf2_ros toolutils
totem touchio trajectory_msgs uarray ubluetooth ucollections ucryptolib ulab unrealsdk upip upycraft uqueue urandom
urequests usb_cdc usb_hid usb_midi usys uwebsockets uzlib vectorio vex visualization_msgs volatility3 wifi wnck xchat
yum znc pxr gimpenums addon_utils nodeitems_utils rpi_ws281x _thread _io _csv _json typeshed gdbtypes lldbsuite anki
"""
_FAMILIES = re.compile(r"\w+_(?:msgs|srvs)|_\w+|ida_\w+|maya\w*")
"""Messages of ROS, which its own packages bring; internals of interpreters; modules of IDA and Maya."""
PYTHON = frozenset(sys.stdlib_module_names) | frozenset(f"{_REMOVED} {_NEW} {_PYTHON_2} {_HOSTS}".split())
"""Top-level modules of Python 2.7 to 3.14, and of well-known hosts."""

_NODE = """
assert async_hooks buffer child_process cluster console constants crypto dgram diagnostics_channel dns domain events
fs http http2 https inspector module net os path perf_hooks process punycode querystring readline repl sea sqlite
stream string_decoder sys test timers tls trace_events tty url util v8 vm wasi worker_threads zlib electron vscode bun
deno k6 original-fs atom cloudflare
"""
NODE = frozenset(_NODE.split())
"""Modules of Node.js, and of hosts that bring their own."""
_VIRTUAL_NAMES = """
uno.css virtual:uno.css windi.css virtual-windi.css @theme @theme-original @theme-init @site @generated
@docusaurus/Link @salesforce lightning meteor @ember @glimmer @ioc k6 gi virtual ember ember-qunit layouts-generated
$app $env $lib $service-worker $houdini $fresh astro server-only client-only next-env vue-router/auto unplugin-icons
pages-generated bun-types goog @react-native-vector @env @app-config @nuxt/kit-nightly
"""
_VIRTUAL = frozenset(_VIRTUAL_NAMES.split())
"""What bundlers, frameworks and hosts provide themselves."""
SCHEMES = (
    "node:",
    "bun:",
    "deno:",
    "virtual:",
    "data:",
    "http:",
    "https:",
    "jsr:",
    "npm:",
    "file:",
    "cloudflare:",
    "astro:",
    "ext:",
)
"""Specifiers with these beginnings name no package of npm (or one that the same line pins)."""


def is_python(module: str) -> bool:
    """Whether a top-level module comes with Python, or with a host that runs it."""
    return module in PYTHON or _FAMILIES.fullmatch(module) is not None


def is_script(specifier: str) -> bool:
    """Whether a specifier names no package: a module of Node.js or a host, a virtual module, an address, a path."""
    first = specifier.partition("/")[0]
    return specifier.startswith((*SCHEMES, "#", "$", "~", "/", ".")) or ":" in first or first in NODE or first in _VIRTUAL
