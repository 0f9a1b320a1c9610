"""What names mean by custom in Python that shows no imports: snippets, functions cut out of files, `from x import *`."""

from typing import Final

MODULES: Final = {
    "etree": "lxml.etree", "ET": "xml.etree.ElementTree", "ElementTree": "xml.etree.ElementTree",
    "minidom": "xml.dom.minidom", "pulldom": "xml.dom.pulldom", "objectify": "lxml.objectify", "np": "numpy",
    "pd": "pandas", "tf": "tensorflow", "sa": "sqlalchemy", "AES": "Crypto.Cipher.AES", "DES": "Crypto.Cipher.DES",
    "DES3": "Crypto.Cipher.DES3", "ARC4": "Crypto.Cipher.ARC4", "Blowfish": "Crypto.Cipher.Blowfish",
    "PKCS1_v1_5": "Crypto.Cipher.PKCS1_v1_5", "PKCS1_OAEP": "Crypto.Cipher.PKCS1_OAEP", "RSA": "Crypto.PublicKey.RSA",
    "DSA": "Crypto.PublicKey.DSA", "algorithms": "cryptography.hazmat.primitives.ciphers.algorithms",
    "modes": "cryptography.hazmat.primitives.ciphers.modes", "hashes": "cryptography.hazmat.primitives.hashes",
    "rsa": "cryptography.hazmat.primitives.asymmetric.rsa", "dsa": "cryptography.hazmat.primitives.asymmetric.dsa",
    "ec": "cryptography.hazmat.primitives.asymmetric.ec",
    "padding": "cryptography.hazmat.primitives.asymmetric.padding", "messages": "django.contrib.messages",
    "timezone": "django.utils.timezone", "web": "aiohttp.web", "gr": "gradio", "st": "streamlit", "cPickle": "pickle",
    "simplejson": "json", "urlparse": "urllib.parse.urlparse", "quote": "urllib.parse.quote",
}  # fmt: skip
"""Modules and functions by the names under which they are usually imported."""
THINGS: Final = {
    name: f"{module}.{name}"
    for module, names in {
        "flask": "request Flask Blueprint jsonify make_response redirect render_template render_template_string send_file "
        "send_from_directory url_for abort flash g session current_app",
        "django.http": "HttpResponse HttpResponseRedirect HttpResponsePermanentRedirect HttpResponseBadRequest "
        "HttpResponseForbidden HttpResponseNotFound HttpResponseServerError JsonResponse StreamingHttpResponse FileResponse "
        "Http404 HttpRequest",
        "django.shortcuts": "render get_object_or_404",
        "django.utils.safestring": "mark_safe SafeString SafeText",
        "django.utils.html": "format_html conditional_escape escapejs",
        "django.views.decorators.csrf": "csrf_exempt csrf_protect",
        "django.contrib.auth.decorators": "login_required permission_required",
        "django.urls": "reverse",
        "django.utils.http": "url_has_allowed_host_and_scheme is_safe_url",
        "fastapi": "FastAPI APIRouter Depends HTTPException UploadFile",
        "fastapi.responses": "HTMLResponse RedirectResponse JSONResponse PlainTextResponse",
        "markupsafe": "Markup escape",
        "html": "unescape",
        "jinja2": "Environment Template FileSystemLoader select_autoescape",
        "werkzeug.utils": "secure_filename safe_join",
        "werkzeug.security": "generate_password_hash check_password_hash",
        "lxml.etree": "XMLParser",
        "xml.sax.saxutils": "quoteattr",
        "pathlib": "Path PurePath",
        "subprocess": "Popen PIPE check_output check_call getoutput",
        "tempfile": "mktemp mkstemp mkdtemp NamedTemporaryFile TemporaryDirectory",
        "urllib.parse": "urljoin urlsplit quote_plus unquote",
        "urllib.request": "urlopen urlretrieve",
        "zipfile": "ZipFile",
        "importlib": "import_module",
        "sqlalchemy": "create_engine",
        "cryptography.fernet": "Fernet",
        "cryptography.hazmat.primitives.ciphers": "Cipher",
        "cryptography.hazmat.primitives.ciphers.aead": "AESGCM ChaCha20Poly1305",
        "ftplib": "FTP FTP_TLS",
        "smtplib": "SMTP SMTP_SSL",
        "telnetlib": "Telnet",
        "ldap3": "Connection Server",
        "email.mime.text": "MIMEText",
        "http.server": "BaseHTTPRequestHandler HTTPServer SimpleHTTPRequestHandler",
        "defusedxml": "defuse_stdlib",
        "concurrent.futures": "ThreadPoolExecutor ProcessPoolExecutor",
    }.items()
    for name in names.split()
}
"""Functions and classes that are imported by their own name."""
