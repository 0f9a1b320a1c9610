"""Modules that no registry provides: standard libraries, and what a host program brings with it."""

import sys

_REMOVED = """aifc asynchat asyncore audioop cgi cgitb chunk crypt distutils imghdr imp lib2to3 mailcap msilib nis
nntplib
ossaudiodev pipes smtpd sndhdr spwd sunau telnetlib uu xdrlib binhex formatter parser symbol macpath dummy_threading
_bootlocale
dummy_thread _dummy_thread _dummy_threading _abcoll __pypy__ _winreg"""
_NEW = "annotationlib compression pathlib tomllib _interpreters _pyrepl _colorize"
_PYTHON_2 = """BaseHTTPServer CGIHTTPServer ConfigParser Cookie HTMLParser Queue ScrolledText SimpleHTTPServer
SocketServer StringIO
Tkinter UserDict UserList UserString __builtin__ anydbm cPickle cStringIO commands compiler cookielib copy_reg dbhash
dumbdbm exceptions gdbm hotshot htmlentitydefs httplib itertools md5 mimetools MimeWriter mimewriter multifile new
popen2 repr rfc822 robotparser sets sha statvfs thread tkFileDialog tkFont tkMessageBox tkSimpleDialog ttk urllib2
urlparse user whichdb xmlrpclib _winreg"""
# Programs that run Python inside themselves, other implementations, and what operating systems install.
_HOSTS = """FreeCAD FreeCADGui Part Draft Mesh GhidraBinaryReader System clr Microsoft adsk apt apt_pkg arcpy bmesh
bpy bpy_extras
board busio digitalio analogio microcontroller neopixel cairo c4d dbus dbutils gdb ghidra gi gimpfu hexchat hou
ida_bytes ida_funcs ida_hexrays ida_idaapi ida_kernwin ida_nalt ida_name ida_segment ida_ua idaapi idautils idc inkex
jarray java javax js pyodide pyodide_js libvirt lldb lsst machine mathutils maya micropython nuke odoo openerp org
pcbnew pymel pythoncom rpm scribus selinux sublime sublime_plugin uctypes uasyncio ubinascii uerrno uhashlib uio ujson
unreal uno unohelper uos ure uselect usocket ussl ustruct utime vapoursynth vim weechat win32api win32con win32gui
win32evtlogutil win32service win32serviceutil win32event win32process pywintypes
xbmc xbmcaddon xbmcgui xbmcplugin xbmcvfs _typeshed __main__ __future__ sitecustomize usercustomize conftest setup
test tests"""
PYTHON = frozenset(sys.stdlib_module_names) | frozenset(f"{_REMOVED} {_NEW} {_PYTHON_2} {_HOSTS}".split())
"""Top-level modules of Python 2.7 to 3.14, and of well-known hosts."""

_NODE = """assert async_hooks buffer child_process cluster console constants crypto dgram diagnostics_channel dns
domain events
fs http http2 https inspector module net os path perf_hooks process punycode querystring readline repl sea sqlite
stream string_decoder sys test timers tls trace_events tty url util v8 vm wasi worker_threads zlib electron vscode bun
deno k6 original-fs atom cloudflare"""
NODE = frozenset(_NODE.split())
"""Modules of Node.js, and of hosts that bring their own."""
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
