// The suite as real processes on this machine, put together as deploy/quickstart.sh does it: authority, keys, accounts
// and profiles by the real command line client, configuration from deploy/config. Nothing is faked but the names of the
// machines.
//
//   Suite suite({.postgres = true, .replicas = 2});
//   suite.Start();                                              // aborts when the suite does not become ready
//   Outcome done = suite.Cli("officer", {"aid", "run", "--term", "2023-2024-1", "--wait"});
//   suite.Kill("registry", 1);                                  // SIGKILL
//   suite.Start("registry", 1);
//
// RURALEDU_PROGRAMS=<build directory or folder of programs> takes other programs, for example Release ones. A suite
// that cannot be started is a failure of the test, never a skip: Start aborts with the last lines of the output.
// Processes end with the suite, also when the test crashes: they get SIGKILL when the thread that started them ends, so
// start them from a thread that lives as long as the suite. All waiting is bounded. Safe to use from several threads.
#pragma once

#include <sys/types.h>

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "tests/lib/redis.h"

namespace ruraledu::testlib {

// A line of the bootstrap file and the identity behind it. A person with two roles has two of them.
struct SuiteAccount {
  std::string profile;  // name of the certificate, the account and the profile: what Cli() is called with
  std::string person;
  std::string role;  // of deploy/policies/roles.csv
  std::string area;  // "411728"
};
// system, security, audit, importer, officer, approver and viewer of one county, as deploy/quickstart.sh makes them.
// `suffix` is appended to every name and person.
std::vector<SuiteAccount> CountyAccounts(const std::string& county, const std::string& suffix = "");

struct SuiteOptions {
  bool all_in_one = false;  // one process named "all_in_one"; else "registry", "student_aid" and "dropout_monitoring"
  bool postgres = false;    // else SQLite, one file per service: then one replica
  int replicas = 1;         // of every service
  bool redis = true;
  std::string county = "411728";            // default county of the profiles
  std::vector<SuiteAccount> accounts = {};  // none: CountyAccounts(county)
  // Townships and villages that the servers know: of the counties of the accounts and of these. Those of the whole
  // country, as it is deployed, are 15 s of each start under sanitizers.
  std::vector<std::string> counties = {};
  bool whole_country = false;
  std::vector<std::string> settings = {};               // "section.key=value" for every server, see common/rpc/config.h
  std::map<std::string, std::string> environment = {};  // more variables for every server
  std::string home = "";      // existing state to go on with; none: a new folder, removed at the end
  std::string programs = "";  // as RURALEDU_PROGRAMS, which is stronger
};

struct Outcome {
  int code = -1;  // of the process; 128 + signal
  std::string out, err;
};

struct Page {
  int status = 0;  // of HTTP; 0 when nobody listens
  std::string body;
};

class Suite {
 public:
  // Makes identities and configuration, starts Redis (and the PostgreSQL of the tests); no server yet.
  explicit Suite(SuiteOptions options = {});
  ~Suite();  // kills what runs; removes the folder that it made, unless RURALEDU_KEEP is set: then it is printed
  Suite(const Suite&) = delete;
  Suite& operator=(const Suite&) = delete;

  // The processes: {"all_in_one"} or {"registry", "student_aid", "dropout_monitoring"}. Wherever a service is named,
  // these mean "all_in_one" when that is what runs.
  const std::vector<std::string>& services() const { return services_; }
  void Start();  // all of them at once, and waits until all are ready
  // Starts one and waits until it is ready. It listens where it listened before. `settings` and `environment` are added
  // for this start.
  void Start(const std::string& service, int replica = 0, const std::vector<std::string>& settings = {},
             const std::map<std::string, std::string>& environment = {});
  // The same without waiting, for starts that are meant to fail or are killed half way.
  void Launch(const std::string& service, int replica = 0, const std::vector<std::string>& settings = {},
              const std::map<std::string, std::string>& environment = {});
  void AwaitReady(const std::string& service, int replica = 0);
  // Waits for the end of a process that ends by itself; its exit code, 128 + signal after one.
  int AwaitExit(const std::string& service, int replica = 0);
  int Stop(const std::string& service, int replica = 0);     // SIGTERM, drains; the exit code
  void Kill(const std::string& service, int replica = 0);    // SIGKILL
  void Freeze(const std::string& service, int replica = 0);  // SIGSTOP: a peer that does not answer
  void Thaw(const std::string& service, int replica = 0);
  bool Running(const std::string& service, int replica = 0);
  pid_t process(const std::string& service, int replica = 0) const;

  // Runs `ruraledu --profile <who> arguments...`; a client that does not end within ten minutes is killed.
  Outcome Cli(const std::string& who, std::vector<std::string> arguments) const;
  // Whatever `from` has written, `to` waits for from now on: the positions that the client keeps beside the profile are
  // passed on. Without them a service may answer `to` from facts that are a moment old.
  void PassOn(const std::string& from, const std::string& to) const;
  // The profile file of somebody, for a client inside the test: cli::LoadProfile, cli::ConnectWithTokens.
  std::string profile(const std::string& who) const;
  // Any program with its output; `input` goes to nobody: standard input is closed.
  Outcome Run(const std::vector<std::string>& command) const;

  std::string address(const std::string& service, int replica = 0) const;  // "127.0.0.1:12345"
  std::string addresses(const std::string& service) const;                 // of all replicas, as a gRPC target
  Page Admin(const std::string& service, int replica, const std::string& path) const;  // "/metrics", "/readyz"
  // Sum of the samples of a metric whose line contains every one of `labels` ("code=\"OK\""); 0 when there is none.
  double Metric(const std::string& service, int replica, const std::string& name,
                const std::vector<std::string>& labels = {}) const;
  std::string log(const std::string& service, int replica = 0) const;     // file of JSON lines
  std::string output(const std::string& service, int replica = 0) const;  // file of standard output and error
  const std::string& home() const { return home_; }
  std::string database_url(const std::string& service) const;   // of the configuration, of a service proper
  std::string database_file(const std::string& service) const;  // SQLite only
  std::string program(const std::string& name) const;
  Redis* redis() { return redis_.get(); }

 private:
  struct Server {
    std::string service;
    int replica = 0;
    int port = 0, admin_port = 0;
    pid_t process = 0;  // 0: does not run
    int exit_code = 0;  // of the last end
  };

  Server& Find(const std::string& service, int replica);
  const Server& Find(const std::string& service, int replica) const;
  void MakeIdentities();
  void MakeProfiles();
  void MakeData();
  std::vector<std::string> Command(const Server& server, const std::vector<std::string>& settings) const;
  bool Ended(Server& server);  // reaps it
  void Die(const Server& server, const std::string& what) const;

  SuiteOptions options_;
  std::vector<std::string> services_;
  std::string home_;
  bool own_home_ = false;
  std::map<std::string, std::string> databases_;  // by service
  std::unique_ptr<Redis> redis_;
  mutable std::mutex mutex_;
  std::vector<std::unique_ptr<Server>> servers_;
};

}  // namespace ruraledu::testlib
