/** A whole configuration folder for FreeRADIUS 3: EAP-TLS with the city's authority, and every decision asked of the city. */
import type { RadiusSetUp } from '@cityward/contracts';

export interface RaddbOptions {
  /** Where FreeRADIUS will read it; absolute. */
  readonly folder: string;
  readonly listen: string;
  readonly authPort: number;
  readonly accountingPort: number;
}
export interface RaddbFile {
  readonly path: string;
  readonly text: string;
}

const HEAD =
  '# Written by `cityward radius config`; written anew by the next one. Holds or names secrets: keep it 0600.\n';

/** Paths are below the folder; all are to be written with mode 0600. */
export function raddbFiles(set: RadiusSetUp, options: RaddbOptions): readonly RaddbFile[] {
  const texts: Readonly<Record<string, string>> = {
    'radiusd.conf': radiusd(options),
    'clients.conf': clients(set),
    'mods-enabled/eap': eap(options),
    'mods-enabled/rest': rest(set, options),
    'mods-enabled/always': ALWAYS,
    'sites-enabled/cityward': site(options),
    'sites-enabled/cityward-certificate': CERTIFICATE,
  };
  const written = Object.entries(texts).map(([path, text]) => ({ path, text: `${HEAD}${text}` }));
  const pem = [
    { path: 'certs/ca.pem', text: set.ca },
    { path: 'certs/server.pem', text: set.server.certificates },
    { path: 'certs/server.key', text: set.server.key },
    { path: 'certs/client.pem', text: set.client.certificates },
    { path: 'certs/client.key', text: set.client.key },
  ];
  return [...written, ...pem];
}

const radiusd = ({ folder }: RaddbOptions): string => `
prefix = /usr
name = freeradius
raddbdir = "${folder}"
confdir = \${raddbdir}
certdir = \${confdir}/certs
libdir = /usr/lib/freeradius
logdir = "${folder}/run"
run_dir = "${folder}/run"
pidfile = \${run_dir}/freeradius.pid
max_request_time = 15
cleanup_delay = 5
max_requests = 16384
hostname_lookups = no
log {
  destination = stdout
  auth = yes
}
security {
  allow_core_dumps = no
  max_attributes = 200
  reject_delay = 1
  status_server = no
}
proxy_requests = no
$INCLUDE clients.conf
thread pool {
  start_servers = 4
  max_servers = 16
  min_spare_servers = 2
  max_spare_servers = 8
}
modules {
  $INCLUDE mods-enabled/
}
$INCLUDE sites-enabled/
`;

/** Names are ids and secrets base64url, so neither can end a line or a quote. */
const clients = ({ switches }: RadiusSetUp): string =>
  switches
    .map(
      ({ name, address, secret }) => `
client ${name} {
  ${address.includes(':') ? 'ipv6addr' : 'ipaddr'} = ${address}
  secret = "${secret}"
  require_message_authenticator = yes
  shortname = ${name}
}
`,
    )
    .join('');

// No list of revoked certificates is loaded: the city is asked about the serial each time, which is never old, and a held device
// must get as far as quarantine, which a list would forbid.
const eap = ({ folder }: RaddbOptions): string => `
eap {
  default_eap_type = tls
  timer_expire = 60
  ignore_unknown_eap_types = no
  max_sessions = 4096
  tls-config city {
    private_key_file = "${folder}/certs/server.key"
    certificate_file = "${folder}/certs/server.pem"
    ca_file = "${folder}/certs/ca.pem"
    auto_chain = no
    cipher_list = "ECDHE+AESGCM:ECDHE+CHACHA20"
    cipher_server_preference = yes
    ecdh_curve = "prime256v1"
    tls_min_version = "1.2"
    tls_max_version = "1.2"
    check_crl = no
    cache {
      # A resumed session would pass the question to the city by.
      enable = no
    }
  }
  tls {
    tls = city
    virtual_server = cityward-certificate
  }
}
`;

const rest = ({ url }: RadiusSetUp, { folder }: RaddbOptions): string => `
rest {
  tls {
    ca_info_file = "${folder}/certs/ca.pem"
    certificate_file = "${folder}/certs/client.pem"
    private_key_file = "${folder}/certs/client.key"
    check_cert = yes
    check_cert_cn = yes
  }
  connect_uri = "${url}"
  connect_timeout = 3.0
  authorize {
    uri = "\${..connect_uri}/radius/v1/join"
    method = 'post'
    body = 'json'
    timeout = 5.0
    tls = \${..tls}
  }
  accounting {
    uri = "\${..connect_uri}/radius/v1/accounting"
    method = 'post'
    body = 'json'
    timeout = 5.0
    tls = \${..tls}
  }
  post-auth {
    uri = "\${..connect_uri}/radius/v1/refused"
    method = 'post'
    body = 'json'
    timeout = 2.0
    tls = \${..tls}
  }
  pool {
    start = 0
    min = 0
    max = 16
    spare = 4
    uses = 0
    retry_delay = 1
    lifetime = 0
    idle_timeout = 60
  }
}
`;

const ALWAYS = `
always ok {
  rcode = ok
}
always reject {
  rcode = reject
}
always noop {
  rcode = noop
}
`;

/** The address that the packet came from counts, whatever the switch writes of itself. */
const NAS = `
    if ("%{Packet-Src-IPv6-Address}" != "") {
      update request {
        &NAS-IPv6-Address := "%{Packet-Src-IPv6-Address}"
        &NAS-IP-Address !* ANY
      }
    }
    else {
      update request {
        &NAS-IP-Address := "%{Packet-Src-IP-Address}"
      }
    }
`;

const listen = (type: string, address: string, port: number): string => `
  listen {
    type = ${type}
    ${address.includes(':') ? 'ipv6addr' : 'ipaddr'} = ${address}
    port = ${port}
  }
`;

const site = ({ listen: address, authPort, accountingPort }: RaddbOptions): string => `
server cityward {
${listen('auth', address, authPort)}${listen('acct', address, accountingPort)}
  authorize {
${NAS}
    eap {
      ok = return
    }
    if (!&EAP-Message) {
      # No certificate: a switch that names only a MAC address. The city answers with quarantine.
      rest
      if (ok || updated) {
        update control {
          &Auth-Type := Accept
        }
      }
      else {
        reject
      }
    }
  }
  authenticate {
    eap
  }
  accounting {
${NAS}
    rest
    ok
  }
  post-auth {
    # Nobody goes on without a VLAN that the city named.
    if (!&reply:Tunnel-Private-Group-Id) {
      reject
    }
    Post-Auth-Type REJECT {
      eap
      # So that the city can bring it back once it has renewed.
      if (&EAP-Message) {
        # The end of a handshake is more than one attribute in JSON can hold, and tells nothing.
        update request {
          &EAP-Message !* ANY
        }
        rest
      }
    }
  }
}
`;

/** Runs once for each device whose certificate was verified, before it is accepted. Whatever goes wrong is a refusal. */
const CERTIFICATE = `
server cityward-certificate {
  authorize {
    rest
    if (ok || updated) {
      update config {
        &Auth-Type := Accept
      }
    }
    else {
      reject
    }
  }
}
`;
