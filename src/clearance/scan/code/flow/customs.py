"""What names mean by custom in Java and JavaScript that show no imports: snippets, functions cut out of files."""

from typing import Final

JAVA: Final = {
    name: f"{package}.{name}"
    for package, names in {
        "java.util": "List ArrayList LinkedList Map HashMap LinkedHashMap TreeMap Set HashSet Arrays Collections Optional "
        "Random Properties Scanner Base64 Iterator Date Locale",
        "java.util.concurrent": "ThreadLocalRandom TimeUnit ConcurrentHashMap",
        "java.util.regex": "Pattern Matcher",
        "java.util.zip": "ZipEntry ZipFile ZipInputStream ZipOutputStream GZIPInputStream",
        "java.util.jar": "JarFile JarEntry",
        "java.io": "File FileInputStream FileOutputStream FileReader FileWriter BufferedReader BufferedWriter InputStream "
        "OutputStream ObjectInputStream ObjectOutputStream ByteArrayInputStream ByteArrayOutputStream InputStreamReader "
        "PrintWriter RandomAccessFile StringReader StringWriter",
        "java.nio.file": "Files Path Paths StandardCopyOption StandardOpenOption",
        "java.nio.file.attribute": "PosixFilePermission PosixFilePermissions",
        "java.nio.charset": "StandardCharsets",
        "java.net": "URL URI HttpURLConnection Socket ServerSocket InetAddress InetSocketAddress URLDecoder URLEncoder",
        "java.net.http": "HttpClient HttpRequest HttpResponse",
        "java.sql": "Connection Statement PreparedStatement ResultSet DriverManager",
        "java.security": "MessageDigest SecureRandom KeyPairGenerator KeyStore Signature",
        "java.security.cert": "X509Certificate",
        "javax.crypto": "Cipher KeyGenerator Mac SecretKey SecretKeyFactory",
        "javax.crypto.spec": "IvParameterSpec PBEKeySpec SecretKeySpec GCMParameterSpec",
        "javax.net.ssl": "SSLContext TrustManager X509TrustManager HostnameVerifier HttpsURLConnection SSLSocketFactory "
        "X509ExtendedTrustManager",
        "javax.naming.directory": "DirContext InitialDirContext SearchControls",
        "javax.xml.parsers": "DocumentBuilderFactory DocumentBuilder SAXParserFactory SAXParser",
        "javax.xml.stream": "XMLInputFactory XMLStreamReader",
        "javax.xml.transform": "TransformerFactory Transformer",
        "javax.xml.validation": "SchemaFactory",
        "javax.xml.xpath": "XPath XPathFactory XPathExpression",
        "jakarta.servlet.http": "HttpServlet HttpServletRequest HttpServletResponse HttpSession Cookie Part",
        "jakarta.servlet": "ServletRequest ServletResponse ServletException Filter FilterChain",
        "jakarta.servlet.annotation": "WebServlet",
        "jakarta.persistence": "EntityManager",
        "jakarta.ws.rs": "GET POST PUT DELETE QueryParam PathParam FormParam HeaderParam CookieParam",
        "org.springframework.web.bind.annotation": "RestController RequestMapping GetMapping PostMapping PutMapping "
        "DeleteMapping PatchMapping RequestParam PathVariable RequestBody RequestHeader CookieValue ModelAttribute "
        "ResponseBody CrossOrigin ExceptionHandler ControllerAdvice",
        "org.springframework.stereotype": "Controller Service Component Repository",
        "org.springframework.http": "ResponseEntity ResponseCookie HttpHeaders HttpStatus",
        "org.springframework.web.client": "RestTemplate",
        "org.springframework.web.multipart": "MultipartFile",
        "org.springframework.web.servlet": "ModelAndView",
        "org.springframework.web.servlet.view": "RedirectView",
        "org.springframework.jdbc.core": "JdbcTemplate",
        "org.springframework.core.io": "FileSystemResource UrlResource PathResource",
        "org.springframework.security.crypto.bcrypt": "BCryptPasswordEncoder",
        "org.springframework.security.config.annotation.web.builders": "HttpSecurity",
        "org.yaml.snakeyaml": "Yaml LoaderOptions",
        "org.yaml.snakeyaml.constructor": "SafeConstructor Constructor",
        "com.fasterxml.jackson.databind": "ObjectMapper",
        "org.apache.commons.io": "FileUtils FilenameUtils IOUtils",
        "org.apache.commons.lang3": "RandomStringUtils StringUtils StringEscapeUtils SerializationUtils",
        "org.apache.http.client.methods": "HttpGet HttpPost HttpPut",
        "org.owasp.encoder": "Encode",
        "org.jsoup": "Jsoup",
        "io.jsonwebtoken": "Jwts",
        "org.slf4j": "Logger LoggerFactory",
    }.items()
    for name in names.split()
}
"""Classes by the names under which they are imported."""
JAVASCRIPT: Final = {
    "fs": "fs", "fsp": "fs/promises", "path": "path", "crypto": "crypto", "http": "http", "https": "https", "os": "os",
    "vm": "vm", "child_process": "child_process", "cp": "child_process", "util": "util",
    "jwt": "jsonwebtoken", "jsonwebtoken": "jsonwebtoken", "bcrypt": "bcrypt", "axios": "axios", "express": "express",
    "session": "express-session", "cors": "cors", "helmet": "helmet", "multer": "multer", "yaml": "js-yaml", "ejs": "ejs",
    "pug": "pug", "Handlebars": "handlebars", "nunjucks": "nunjucks", "mongoose": "mongoose", "serialize": "node-serialize",
    "DOMPurify": "dompurify", "validator": "validator", "lodash": "lodash", "unzipper": "unzipper", "libxmljs": "libxmljs",
    **{name: f"crypto.{name}" for name in (
        "createHmac", "createHash", "createCipheriv", "createDecipheriv", "createCipher", "randomBytes",
        "randomUUID", "timingSafeEqual", "pbkdf2", "pbkdf2Sync", "scryptSync", "generateKeyPairSync", "createSign",
        "createVerify",
    )},
    **{name: f"child_process.{name}" for name in ("execSync", "execFile", "execFileSync", "spawn", "spawnSync")},
    **{name: f"fs.{name}" for name in (
        "readFileSync", "writeFileSync", "createReadStream", "createWriteStream", "existsSync", "unlinkSync",
        "mkdtempSync",
    )},
}  # fmt: skip
"""Modules and functions by the names under which they are usually imported."""
