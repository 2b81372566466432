// Configuration of a process: one TOML file (--config), single values overridden by --set key=value. Unknown keys are
// refused, so a misspelt limit does not silently stay at its default.
//
//   [server]  address tls_certificate tls_key client_ca workers queue waiters waiting_calls ... reflection
//   [admin]   address                 [database] url max_connections      [keys] file
//   [tokens]  trusted = [{issuer, kid, algorithm, public_key_file, audience}]
//   [peers.registry]  address ca certificate key      [policies] folder   [log] file level
//   [service] anything: read by the service itself through `Config::extra`
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace ruraledu::rpc {

// Bounds of one service's runtime.
struct Limits {
  int workers = 0;         // threads that run handlers; 0 = twice the processors, at least 4
  int queue = 256;         // calls that wait for a worker; more are refused with OVERLOADED
  int waiters = 8;         // threads that wait for `after` positions
  int waiting_calls = 64;  // calls that wait for them; more are refused with OVERLOADED
  int streams = 256;       // open streams; more are refused with OVERLOADED
  absl::Duration retry_hint = absl::Milliseconds(200);  // RetryInfo of OVERLOADED
};

struct ServerConfig {
  std::string address = "127.0.0.1:8443";  // port 0 takes a free one
  std::string tls_certificate, tls_key;    // PEM files; the key must not be readable by others
  std::string client_ca;  // PEM file; client certificates are verified against it. "" = the server's own CA is unknown:
                          // none asked
  bool reflection = false;
  absl::Duration drain_notice = absl::ZeroDuration();
  absl::Duration drain_limit = absl::Seconds(25);
  int max_request_bytes = 4 << 20;
  Limits limits;
};

struct ClientConfig {
  std::string address;           // "registry.internal:8443"
  std::string ca;                // PEM file
  std::string certificate, key;  // PEM files of the own identity; "" = none
  std::string server_name;       // expected in the certificate; "" = host of address
  int max_tries = 4;
  absl::Duration first_backoff = absl::Milliseconds(50);  // doubled, capped at 2 s, times 0.5..1.5
};

struct TrustedTokenKey {
  std::string issuer, kid, algorithm = "EdDSA", public_key_file, audience;  // algorithm: "EdDSA", "ES256"
};

struct Config {
  ServerConfig server;
  std::string admin_address = "127.0.0.1:9464";
  std::string database_url;
  int database_connections = 8;
  std::string key_file;
  std::vector<TrustedTokenKey> tokens;
  std::map<std::string, ClientConfig> peers;  // by service: "registry"
  std::string policies_folder = "deploy/policies";
  std::string data_folder = "deploy/data";
  std::string log_file;                      // "" = standard error
  std::string log_level = "info";            // debug, info, warning, error
  std::map<std::string, std::string> extra;  // table [service]: values as text
};

// CONFIG_INVALID{key, problem} for syntax, unknown keys, wrong types and values out of range (with line and column for
// syntax).
absl::StatusOr<Config> ParseConfig(std::string_view toml, const std::vector<std::string>& overrides = {});
// From a command line: `--config <file>` and any number of `--set key=value`. DATA_FILE_UNREADABLE.
absl::StatusOr<Config> ConfigFromArgs(int argc, const char* const* argv);

}  // namespace ruraledu::rpc
