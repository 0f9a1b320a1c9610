"""Tokens of many vendors, each as it is usually written: alone where its prefix tells it, beside the name of its variable
where only that does. One line a format: name, words of the right rule, name of the variable, parts."""

from collections.abc import Iterator
from random import Random
from string import ascii_lowercase, ascii_uppercase, digits

from benchmarks.sets.cases import part_of
from benchmarks.sets.secrets.labelled import Labelled, Truth
from benchmarks.sets.secrets.values import ALNUM, BASE64, HEX, URLSAFE, draw, uuid

_LOWNUM = ascii_lowercase + digits
_UPNUM = ascii_uppercase + digits
Part = str | tuple[str, int]

_FORMATS: tuple[tuple[str, str, str, tuple[Part, ...]], ...] = (
    ("1Password service account", "1password onepassword", "", ("op" + "s_eyJ", (URLSAFE, 250))),
    ("Adafruit IO", "adafruit", "", ("ai" + "o_", (ALNUM, 28))),
    ("Adobe client secret", "adobe", "", ("p" + "8e-", (URLSAFE, 32))),
    ("Algolia", "algolia", "ALGOLIA_API_KEY", ((HEX, 32),)),
    ("Alibaba access key id", "alibaba aliyun", "", ("LTA" + "I5t", (ALNUM, 18))),
    ("Asana", "asana", "ASANA_ACCESS_TOKEN", ("1/", (digits, 16), ":", (HEX, 32))),
    ("Atlassian", "atlassian jira", "", ("ATAT" + "T3xFfGF0", (URLSAFE, 171), "=", (digits + "ABCDEF", 8))),
    ("Auth0 client secret", "auth0", "AUTH0_CLIENT_SECRET", ((URLSAFE, 64),)),
    ("AWS session key id", "aws amazon", "", ("AS" + "IA", (ascii_uppercase + "234567", 16))),
    ("AWS Bedrock", "bedrock aws", "", ("AB" + "SKQmVkcm9ja0FQSUtleS", (BASE64, 110), "=")),
    ("Azure DevOps", "azure", "AZURE_DEVOPS_PAT", ((_LOWNUM, 52),)),
    ("Azure AD client secret", "azure entra", "AZURE_CLIENT_SECRET", ((ALNUM, 3), "8Q~", (ALNUM, 34))),
    ("Beamer", "beamer", "BEAMER_API_KEY", ("b" + "_", (ALNUM, 44))),
    ("Bitbucket app password", "bitbucket atlassian", "", ("AT" + "BB", (ALNUM, 32))),
    ("Buildkite", "buildkite", "", ("bk" + "ua_", (HEX, 40))),
    ("Canva", "canva", "", ("cn" + "vca", (URLSAFE, 58))),
    ("CircleCI", "circleci circle", "", ("CCI" + "PAT_", (ALNUM, 22), "_", (HEX, 40))),
    ("ClickHouse Cloud", "clickhouse", "", ("4b" + "1d", (ALNUM, 38))),
    ("Clojars", "clojars", "", ("CLO" + "JARS_", (HEX, 60))),
    ("Cloudflare API token", "cloudflare", "CLOUDFLARE_API_TOKEN", ((URLSAFE, 40),)),
    ("Cloudflare global key", "cloudflare", "CLOUDFLARE_API_KEY", ((HEX, 37),)),
    ("Cloudflare origin CA", "cloudflare", "", ("v1" + ".0-", (HEX, 24), "-", (HEX, 146))),
    ("Codecov", "codecov", "CODECOV_TOKEN", ("UUID",)),
    ("Cohere", "cohere", "CO_API_KEY", ((ALNUM, 40),)),
    ("Coinbase", "coinbase", "COINBASE_SECRET", ((ALNUM, 64),)),
    ("Contentful delivery", "contentful", "CONTENTFUL_ACCESS_TOKEN", ((URLSAFE, 43),)),
    ("Contentful personal", "contentful", "", ("CF" + "PAT-", (URLSAFE, 43))),
    ("Datadog", "datadog", "DD_API_KEY", ((HEX, 32),)),
    ("Datadog application", "datadog", "DATADOG_APP_KEY", ((HEX, 40),)),
    ("DeepSeek", "deepseek openai", "DEEPSEEK_API_KEY", ("s" + "k-", (HEX, 32))),
    ("Defined Networking", "defined", "", ("dn" + "key-", (_LOWNUM, 26), "-", (_LOWNUM, 52))),
    ("DigitalOcean refresh", "digitalocean", "", ("do" + "r_v1_", (HEX, 64))),
    ("DigitalOcean OAuth", "digitalocean", "", ("do" + "o_v1_", (HEX, 64))),
    ("Dropbox short-lived", "dropbox", "", ("s" + "l.", (URLSAFE, 135))),
    ("Duffel", "duffel", "", ("duff" + "el_live_", (URLSAFE, 43))),
    ("Dynatrace", "dynatrace", "", ("dt" + "0c01.", (_UPNUM, 24), ".", (_UPNUM, 64))),
    ("EasyPost", "easypost", "", ("EZ" + "AK", (ALNUM, 54))),
    ("ElevenLabs", "elevenlabs", "ELEVENLABS_API_KEY", ("s" + "k_", (HEX, 48))),
    ("Facebook app secret", "facebook meta", "FACEBOOK_APP_SECRET", ((HEX, 32),)),
    ("Facebook access token", "facebook meta", "", ("EA" + "AGm0PX4ZCpsBA", (ALNUM, 140))),
    ("Fastly", "fastly", "FASTLY_API_TOKEN", ((URLSAFE, 32),)),
    ("Finicity", "finicity", "FINICITY_CLIENT_SECRET", ((ALNUM, 20),)),
    ("Flutterwave", "flutterwave", "", ("FLW" + "SECK_TEST-", (HEX, 32), "-X")),
    ("Fly.io", "fly", "", ("fo1" + "_", (URLSAFE, 43))),
    ("Frame.io", "frameio frame", "", ("fi" + "o-u-", (URLSAFE, 64))),
    ("FullStory", "fullstory", "FULLSTORY_API_KEY", ("na1.", (BASE64, 70))),
    ("GCP OAuth client secret", "google gcp", "", ("GOC" + "SPX-", (URLSAFE, 28))),
    ("Google OAuth access token", "google gcp", "", ("ya" + "29.a0A", (URLSAFE, 160))),
    ("GitHub OAuth", "github", "", ("GH", "gho" + "_")),
    ("GitHub user-to-server", "github", "", ("GH", "ghu" + "_")),
    ("GitHub refresh", "github", "", ("GH76", "ghr" + "_")),
    ("GitLab pipeline trigger", "gitlab", "", ("gl" + "ptt-", (HEX, 40))),
    ("GitLab runner", "gitlab", "", ("gl" + "rt-", (ALNUM, 20))),
    ("GitLab deploy token", "gitlab", "", ("gl" + "dt-", (ALNUM, 20))),
    ("GitLab feed token", "gitlab", "", ("gl" + "ft-", (ALNUM, 20))),
    ("GoCardless", "gocardless", "", ("live" + "_", (URLSAFE, 40))),
    ("Grafana Cloud", "grafana", "", ("gl" + "c_eyJvIjoi", (BASE64, 120))),
    ("Harness", "harness", "", ("pa" + "t.", (URLSAFE, 22), ".", (HEX, 24), ".", (ALNUM, 20))),
    ("HashiCorp batch token", "vault hashicorp", "", ("hv" + "b.AAAAAQ", (URLSAFE, 140))),
    ("Heroku", "heroku", "HEROKU_API_KEY", ("UUID",)),
    ("Heroku platform", "heroku", "", ("HR" + "KU-AA", (URLSAFE, 58))),
    ("HubSpot private app", "hubspot", "", (
        "pa" + "t-na1-", (HEX, 8), "-", (HEX, 4), "-", (HEX, 4), "-", (HEX, 4), "-", (HEX, 12))),
    ("Infracost", "infracost", "", ("ic" + "o-", (ALNUM, 32))),
    ("Intercom", "intercom", "INTERCOM_ACCESS_TOKEN", ("dG9r", (BASE64, 55), "=")),
    ("Intra42", "intra42", "", ("s-s4t2" + "ud-", (HEX, 64))),
    ("JFrog access key", "jfrog artifactory", "", ("AK" + "Cp8", (ALNUM, 68))),
    ("JFrog reference token", "jfrog artifactory", "", ("cm" + "Vmd", (ALNUM, 59))),
    ("LangSmith", "langsmith langchain", "", ("lsv2" + "_pt_", (HEX, 32), "_", (HEX, 10))),
    ("LaunchDarkly", "launchdarkly", "", ("api" + "-", "UUID")),
    ("Linode", "linode", "LINODE_TOKEN", ((HEX, 64),)),
    ("LinkedIn client secret", "linkedin", "LINKEDIN_CLIENT_SECRET", ((ALNUM, 16),)),
    ("Lob", "lob", "", ("live" + "_", (HEX, 35))),
    ("Mailgun signing key", "mailgun", "MAILGUN_SIGNING_KEY", ((HEX, 32), "-", (HEX, 8), "-", (HEX, 8))),
    ("Mapbox secret", "mapbox", "", ("s" + "k.eyJ1" + "Ijoi", (ALNUM, 60), ".", (URLSAFE, 22))),
    ("MaxMind", "maxmind", "MAXMIND_LICENSE_KEY", ((ALNUM, 6), "_", (ALNUM, 29), "_mmk")),
    ("Meraki", "meraki cisco", "MERAKI_API_KEY", ((HEX, 40),)),
    ("Microsoft Teams webhook", "teams microsoft", "", (
        "https://acme.webhook.office.com/webhookb2/", "UUID", "@", "UUID", "/IncomingWebhook/", (HEX, 32), "/", "UUID")),
    ("Mistral", "mistral", "MISTRAL_API_KEY", ((ALNUM, 32),)),
    ("MongoDB Atlas", "mongodb atlas", "", ("mdb_sa" + "_sk_", (URLSAFE, 40))),
    ("Netlify", "netlify", "", ("nf" + "p_", (ALNUM, 36))),
    ("New Relic insert", "relic", "", ("NR" + "II-", (URLSAFE, 32))),
    ("ngrok", "ngrok", "NGROK_AUTHTOKEN", ((ALNUM, 27), "_", (ALNUM, 21))),
    ("Notion", "notion", "", ("nt" + "n_", (digits, 11), (ALNUM, 35))),
    ("Notion old", "notion", "", ("secret" + "_", (ALNUM, 43))),
    ("NuGet", "nuget", "", ("oy" + "2", (_LOWNUM, 43))),
    ("NVIDIA", "nvidia", "", ("nva" + "pi-", (URLSAFE, 64))),
    ("Octopus Deploy", "octopus", "", ("API" + "-", (_UPNUM, 26))),
    ("Okta", "okta", "OKTA_API_TOKEN", ("00", (URLSAFE, 40))),
    ("OpenAI service account", "openai", "", ("sk" + "-svcacct-", (URLSAFE, 74), "T3Blbk" + "FJ", (URLSAFE, 74))),
    ("OpenAI old", "openai", "", ("s" + "k-", (ALNUM, 20), "T3Blbk" + "FJ", (ALNUM, 20))),
    ("OpenRouter", "openrouter", "", ("sk" + "-or-v1-", (HEX, 64))),
    ("OpenShift", "openshift", "", ("sha256" + "~", (URLSAFE, 43))),
    ("PagerDuty", "pagerduty", "PAGERDUTY_TOKEN", ("u+", (ALNUM, 18))),
    ("Perplexity", "perplexity", "", ("pp" + "lx-", (ALNUM, 48))),
    ("Pinecone", "pinecone", "", ("pc" + "sk_", (ALNUM, 6), "_", (ALNUM, 63))),
    ("Plaid secret", "plaid", "PLAID_SECRET", ((HEX, 30),)),
    ("PlanetScale password", "planetscale", "", ("psc" + "ale_pw_", (ALNUM, 43))),
    ("PostHog", "posthog", "", ("ph" + "x_", (ALNUM, 43))),
    ("Prefect", "prefect", "", ("pn" + "u_", (ALNUM, 36))),
    ("Pulumi", "pulumi", "", ("pu" + "l-", (HEX, 40))),
    ("Razorpay", "razorpay", "", ("rzp" + "_live_", (ALNUM, 14))),
    ("ReadMe", "readme", "", ("rd" + "me_", (_LOWNUM, 70))),
    ("Replicate", "replicate", "", ("r" + "8_", (ALNUM, 37))),
    ("Resend", "resend", "", ("r" + "e_", (ALNUM, 8), "_", (ALNUM, 24))),
    ("Rollbar", "rollbar", "ROLLBAR_ACCESS_TOKEN", ((HEX, 32),)),
    ("Scalingo", "scalingo", "", ("tk" + "-us-", (URLSAFE, 48))),
    ("Segment", "segment", "", ("sgp" + "_", (ALNUM, 64))),
    ("Sentry user", "sentry", "", ("sntr" + "yu_", (HEX, 64))),
    ("Shippo", "shippo", "", ("ship" + "po_live_", (HEX, 40))),
    ("Shopify private app", "shopify", "", ("shp" + "pa_", (HEX, 32))),
    ("Shopify shared secret", "shopify", "", ("shp" + "ss_", (HEX, 32))),
    ("Slack app token", "slack", "", ("xap" + "p-1-A", (_UPNUM, 10), "-", (digits, 13), "-", (HEX, 64))),
    ("Slack user token", "slack", "", ("xo" + "xp-", (digits, 12), "-", (digits, 12), "-", (digits, 13), "-", (HEX, 32))),
    ("Snyk", "snyk", "SNYK_TOKEN", ("UUID",)),
    ("SonarQube user", "sonar", "", ("sq" + "u_", (HEX, 40))),
    ("Sourcegraph", "sourcegraph", "", ("sg" + "p_", (HEX, 40))),
    ("Square OAuth secret", "square", "", ("sq0" + "csp-", (URLSAFE, 43))),
    ("Stripe webhook secret", "stripe", "", ("wh" + "sec_", (ALNUM, 32))),
    ("Sumo Logic", "sumo", "SUMOLOGIC_ACCESS_KEY", ((ALNUM, 64),)),
    ("Supabase secret", "supabase", "", ("sb" + "_secret_", (URLSAFE, 22), "_", (URLSAFE, 8))),
    ("Tailscale", "tailscale", "", ("tsk" + "ey-auth-", (ALNUM, 12), "CNTRL-", (ALNUM, 32))),
    ("Telnyx", "telnyx", "", ("KEY" + "01", (HEX, 32), "_", (ALNUM, 22))),
    ("Together", "together", "", ("tgp" + "_v1_", (URLSAFE, 43))),
    ("Twilio auth token", "twilio", "TWILIO_AUTH_TOKEN", ((HEX, 32),)),
    ("Twitch", "twitch", "TWITCH_CLIENT_SECRET", ((_LOWNUM, 30),)),
    ("Twitter bearer", "twitter", "", ("AAAAAAAAAAAAAAAA" + "AAAAAA", (ALNUM, 26), "%3D", (ALNUM, 50))),
    ("Twitter API secret", "twitter", "TWITTER_CONSUMER_SECRET", ((ALNUM, 50),)),
    ("Typeform", "typeform", "", ("tf" + "p_", (URLSAFE, 44), "_", (URLSAFE, 14))),
    ("Vercel", "vercel", "VERCEL_TOKEN", ((ALNUM, 24),)),
    ("Voyage", "voyage", "", ("p" + "a-", (URLSAFE, 43))),
    ("Weights & Biases", "wandb weights", "WANDB_API_KEY", ((HEX, 40),)),
    ("xAI", "xai", "", ("xa" + "i-", (ALNUM, 80))),
    ("Yandex Cloud", "yandex", "", ("AQ" + "VN", (URLSAFE, 36))),
    ("Yandex OAuth", "yandex", "", ("y0" + "_AgAA", (URLSAFE, 52))),
    ("Zapier hook", "zapier", "", ("https://hooks.zapier.com/hooks/catch/", (digits, 7), "/", (_LOWNUM, 7), "/")),
    ("Zendesk", "zendesk", "ZENDESK_SECRET_KEY", ((ALNUM, 40),)),
    ("Zuplo", "zuplo", "", ("zp" + "ka_", (HEX, 32), "_", (HEX, 8))),
)  # fmt: skip
_ALONE = (
    ("py", 'client = Client("{v}", timeout=5)\n'), ("js", "const x = '{v}';\n"), ("yaml", "value: {v}\n"),
    ("env", "VALUE={v}\n"),
    ("txt", "I use {v} and it fails\n"), ("json", '{{"item": "{v}"}}\n'), ("sh", "run --with {v} now\n"),
    ("md", "Use `{v}` here.\n"),
)  # fmt: skip
_NAMED = (
    ("py", '{n} = "{v}"\n'), ("env", "{n}={v}\n"), ("sh", "export {n}='{v}'\n"), ("yaml", "{l}: {v}\n"),
    ("js", "const {c} = '{v}';\n"),
    ("json", '{{"{l}": "{v}"}}\n'), ("java", 'String {n} = "{v}";\n'), ("py", 'os.environ["{n}"] = "{v}"\n'),
)  # fmt: skip


def _make(rng: Random, parts: tuple[Part, ...]) -> str:
    from benchmarks.sets.secrets.formats import crc_base62

    if parts[0] in ("GH", "GH76"):
        body = draw(rng, ALNUM, 30 if parts[0] == "GH" else 70)
        return str(parts[1]) + body + crc_base62(body)
    return "".join(uuid(rng) if part == "UUID" else part if isinstance(part, str) else draw(rng, *part) for part in parts)


def vendors(times: int = 6) -> Iterator[Labelled]:
    """Give files of one line with a token each."""
    index = 0
    for name, kinds, variable, parts in _FORMATS:
        for number in range(times):
            index += 1
            rng = Random(f"vendors {name} {number}")
            suffix, form = rng.choice(_NAMED if variable else _ALONE)
            value = _make(rng, parts)
            low = variable.lower()
            camel = low.split("_")[0] + "".join(word.title() for word in low.split("_")[1:])
            text = "# settings\n" if suffix in ("py", "sh", "yaml", "env") else ""
            text += form.format(n=variable, l=low, c=camel, v=value)
            begin = text.index(value)
            line = text.count("\n", 0, begin) + 1
            truth = Truth(
                line, line, name, ((begin, begin + len(value)),), tuple(kinds.split()), 30 if "://" in value else 0
            )
            part = part_of("secrets", "vendors", name)
            yield Labelled(f"v/{index:04}.{suffix}", text, (truth,), part, "by name" if variable else "by prefix")
