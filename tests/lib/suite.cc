#include "tests/lib/suite.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <random>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "tests/lib/postgres.h"

namespace ruraledu::testlib {
namespace {

namespace fs = std::filesystem;
using SteadyClock = std::chrono::steady_clock;

constexpr auto kReadyWithin = std::chrono::minutes(5);  // a first start on a machine that is busy with other builds
constexpr auto kEndWithin = std::chrono::seconds(120);
constexpr auto kCommandWithin = std::chrono::minutes(10);
constexpr int kPollMilliseconds = 10;
constexpr size_t kCountyDigits = 6;

std::string ReadAll(const std::string& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

void WriteAll(const std::string& file, const std::string& text) {
  std::ofstream stream(file, std::ios::binary);
  stream << text;
  if (!stream.flush()) {
    std::cerr << "cannot write " << file << "\n";
    std::abort();
  }
}

std::string LastLines(const std::string& text, size_t most) {
  const std::vector<std::string> lines = absl::StrSplit(text, '\n');
  const size_t first = lines.size() > most ? lines.size() - most : 0;
  return absl::StrJoin(lines.begin() + static_cast<std::ptrdiff_t>(first), lines.end(), "\n");
}

sockaddr_in Local(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

// A port of its own for as long as the suite lives, so that peers find a restarted process again. Taken from below the
// ports that the kernel gives to outgoing connections.
int FreePort() {
  static std::random_device random;
  for (;;) {
    const int port = std::uniform_int_distribution<int>(10'000, 32'000)(random);
    const sockaddr_in address = Local(port);
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const bool free = bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
    close(fd);
    if (free) {
      return port;
    }
  }
}

// The environment of a child: this one's, the suppressed leaks of packaged libraries, and `more`.
std::vector<std::string> Environment(const std::map<std::string, std::string>& more) {
  std::map<std::string, std::string> all;
  all["LSAN_OPTIONS"] = "suppressions=" RURALEDU_SOURCE_DIR "/tests/lsan.supp:print_suppressions=0";
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::pair<std::string, std::string> parts = absl::StrSplit(*entry, absl::MaxSplits('=', 1));
    all[parts.first] = parts.second;
  }
  for (const auto& [name, value] : more) {
    all[name] = value;
  }
  std::vector<std::string> lines;
  for (const auto& [name, value] : all) {
    lines.push_back(absl::StrCat(name, "=", value));
  }
  return lines;
}

std::vector<char*> Pointers(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) {
    pointers.push_back(text.data());
  }
  pointers.push_back(nullptr);
  return pointers;
}

// A child that dies with this thread, in a process group of its own. Between fork and exec only what a signal handler
// may do: other threads of the test may hold any lock.
pid_t Spawn(std::vector<std::string> command, std::vector<std::string> environment, int out, int err) {
  const std::vector<char*> arguments = Pointers(command);
  const std::vector<char*> variables = Pointers(environment);
  const pid_t parent = getpid();
  const pid_t child = fork();
  if (child == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) {
      _exit(127);
    }
    setpgid(0, 0);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    const int input = open("/dev/null", O_RDONLY);
    dup2(input, 0);
    dup2(out, 1);
    dup2(err, 2);
    execve(arguments[0], arguments.data(), variables.data());
    _exit(127);
  }
  if (child < 0) {
    std::cerr << "fork: " << std::generic_category().message(errno) << "\n";
    std::abort();
  }
  return child;
}

int ExitCode(int status) {
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

// Until the process ends or a moment has passed: the pace of all waiting here.
void PauseOrEnd(pid_t process) {
  pollfd ended{static_cast<int>(syscall(SYS_pidfd_open, process, 0)), POLLIN, 0};
  poll(&ended, 1, kPollMilliseconds);
  close(ended.fd);
}

// Reads both pipes until they close or the time is over.
bool Drain(std::array<int, 2> pipes, std::array<std::string*, 2> texts, SteadyClock::time_point until) {
  std::array<pollfd, 2> watched = {pollfd{pipes[0], POLLIN, 0}, pollfd{pipes[1], POLLIN, 0}};
  std::array<char, 1 << 16> buffer;
  while (watched[0].fd >= 0 || watched[1].fd >= 0) {
    if (SteadyClock::now() > until) {
      return false;
    }
    poll(watched.data(), watched.size(), 1000);
    for (size_t i = 0; i < watched.size(); ++i) {
      if (watched[i].fd < 0 || watched[i].revents == 0) {
        continue;
      }
      const ssize_t got = read(watched[i].fd, buffer.data(), buffer.size());
      if (got > 0) {
        texts[i]->append(buffer.data(), static_cast<size_t>(got));
      } else if (got == 0 || errno != EINTR) {
        watched[i].fd = -1;
      }
    }
  }
  return true;
}

std::string WithReplica(const std::string& service, int replica) {
  return absl::StrCat(service, "-", replica);
}

void RunOrDie(const Suite& suite, const std::vector<std::string>& command) {
  const Outcome outcome = suite.Run(command);
  if (outcome.code != 0) {
    std::cerr << "the suite cannot be put together: " << absl::StrJoin(command, " ") << "\n" << outcome.err << "\n";
    std::abort();
  }
}

}  // namespace

std::vector<SuiteAccount> CountyAccounts(const std::string& county, const std::string& suffix) {
  const std::vector<std::array<std::string, 3>> people = {{"system", "P-1", "SYSTEM_ADMIN"},
                                                          {"security", "P-2", "SECURITY_ADMIN"},
                                                          {"audit", "P-3", "AUDIT_ADMIN"},
                                                          {"importer", "P-4", "IMPORT_OPERATOR"},
                                                          {"importer", "P-4", "COUNTY_REGISTRAR"},
                                                          {"officer", "P-5", "COUNTY_AID_OFFICER"},
                                                          {"approver", "P-6", "COUNTY_AID_APPROVER"},
                                                          {"viewer", "P-7", "CITY_VIEWER"}};
  std::vector<SuiteAccount> accounts;
  for (const auto& [name, person, role] : people) {
    accounts.push_back({absl::StrCat(name, suffix), absl::StrCat(person, suffix), role, county});
  }
  return accounts;
}

Suite::Suite(SuiteOptions options) : options_(std::move(options)) {
  if (options_.accounts.empty()) {
    options_.accounts = CountyAccounts(options_.county);
  }
  services_ = options_.all_in_one ? std::vector<std::string>{"all_in_one"}
                                  : std::vector<std::string>{"registry", "student_aid", "dropout_monitoring"};
  home_ = options_.home;
  if (home_.empty()) {
    std::string folder = fs::temp_directory_path() / "ruraledu-suite-XXXXXX";
    home_ = mkdtemp(folder.data());
    own_home_ = true;
  }
  for (const char* folder : {"data", "keys", "log", "pki", "profiles"}) {
    fs::create_directories(fs::path(home_) / folder);
  }
  for (const char* service : {"registry", "student_aid", "dropout_monitoring"}) {
    databases_[service] = options_.postgres ? absl::StrCat("postgres:", Postgres::Get().NewSchema())
                                            : absl::StrCat("sqlite:", home_, "/data/", service, ".db");
  }
  if (options_.redis) {
    redis_ = std::make_unique<Redis>();
  }
  for (const std::string& service : services_) {
    for (int replica = 0; replica < options_.replicas; ++replica) {
      servers_.push_back(std::make_unique<Server>(Server{service, replica, FreePort(), FreePort()}));
    }
  }
  MakeIdentities();
  MakeProfiles();
  MakeData();
}

Suite::~Suite() {
  for (const auto& server : servers_) {
    if (server->process > 0) {
      kill(server->process, SIGKILL);
      waitpid(server->process, nullptr, 0);
    }
  }
  if (getenv("RURALEDU_KEEP") != nullptr) {
    std::cerr << "kept: " << home_ << "\n";
  } else if (own_home_) {
    std::error_code ignored;
    fs::remove_all(home_, ignored);
  }
}

void Suite::MakeIdentities() {
  std::vector<std::string> pki = {program("ruraledu"), "pki", "init", home_ + "/pki"};
  std::ostringstream csv;
  csv << "subject,person,display_name,role,area,certificate_file\n";
  for (const SuiteAccount& account : options_.accounts) {
    pki.insert(pki.end(), {"--client", account.profile});
    csv << account.profile << "," << account.person << "," << account.profile << "," << account.role << ","
        << account.area << "," << home_ << "/pki/" << account.profile << ".crt\n";
  }
  RunOrDie(*this, pki);
  WriteAll(home_ + "/accounts.csv", csv.str());
  if (!fs::exists(home_ + "/keys/data.keys")) {
    RunOrDie(*this, {program("ruraledu"), "keys", "init", home_ + "/keys/data.keys"});
  }
  if (!fs::exists(home_ + "/keys/tokens.key")) {
    RunOrDie(*this, {program("ruraledu"), "tokens", "keygen", home_ + "/keys/tokens"});
  }
}

void Suite::MakeProfiles() {
  for (const SuiteAccount& account : options_.accounts) {
    std::ostringstream text;
    text << "registry = \"" << addresses("registry") << "\"\n"
         << "student_aid = \"" << addresses("student_aid") << "\"\n"
         << "dropout_monitoring = \"" << addresses("dropout_monitoring") << "\"\n"
         << "server_name = \"localhost\"\n"
         << "ca = \"../pki/ca.crt\"\n"
         << "certificate = \"../pki/" << account.profile << ".crt\"\n"
         << "key = \"../pki/" << account.profile << ".key\"\n"
         << "county = \"" << options_.county << "\"\n"
         << "data = \"" << RURALEDU_SOURCE_DIR << "/deploy/data\"\n";
    WriteAll(profile(account.profile), text.str());
  }
}

// The data of the deployment; regions down to the county, and the townships and villages of some.
void Suite::MakeData() {
  const fs::path deploy = RURALEDU_SOURCE_DIR "/deploy", source = deploy / "data", own = fs::path(home_) / "deploy";
  const fs::path data = own / "data";
  fs::remove_all(own);
  fs::create_directory(own);
  fs::create_directory_symlink(deploy / "policies", own / "policies");
  if (options_.whole_country) {
    fs::create_directory_symlink(source, data);
    return;
  }
  std::vector<std::string> counties = options_.counties;
  for (const SuiteAccount& account : options_.accounts) {
    if (account.area.size() >= kCountyDigits) {
      counties.push_back(account.area.substr(0, kCountyDigits));
    }
  }
  const auto kept = [&](const std::string& line) {
    const bool small = line.find(",township,") != std::string::npos || line.find(",village,") != std::string::npos;
    return !small || std::any_of(counties.begin(), counties.end(),
                                 [&](const std::string& county) { return line.starts_with(county); });
  };
  fs::create_directory(data);
  for (const auto& entry : fs::directory_iterator(source)) {
    const std::string name = entry.path().filename();
    if (name != "regions.csv" && name != "villages-five-plans.csv") {
      fs::create_symlink(entry.path(), data / name);
      continue;
    }
    std::vector<std::string> lines = absl::StrSplit(ReadAll(entry.path()), '\n');
    std::erase_if(lines, [&](const std::string& line) { return !kept(line); });
    WriteAll(data / name, absl::StrJoin(lines, "\n"));
  }
}

// The files of deploy/config with their places filled in; what a test chooses comes as --set.
std::vector<std::string> Suite::Command(const Server& server, const std::vector<std::string>& settings) const {
  const std::string file = absl::StrCat(home_, "/", WithReplica(server.service, server.replica), ".toml");
  const std::string source = RURALEDU_SOURCE_DIR;
  WriteAll(file, absl::StrReplaceAll(ReadAll(absl::StrCat(source, "/deploy/config/", server.service, ".toml")),
                                     {{"/etc/ruraledu", home_},
                                      {"/usr/share/ruraledu", source + "/deploy"},
                                      {"@HOME@", home_},
                                      {"@SOURCE@", source},
                                      {"@PORT@", absl::StrCat(server.port)},
                                      {"@ADMIN_PORT@", absl::StrCat(server.admin_port)}}));
  std::vector<std::string> set = {absl::StrCat("server.address=127.0.0.1:", server.port),
                                  absl::StrCat("admin.address=127.0.0.1:", server.admin_port),
                                  absl::StrCat("policies.data_folder=", home_, "/deploy/data"),
                                  absl::StrCat("log.file=", log(server.service, server.replica))};
  if (server.service == "all_in_one" && options_.postgres) {
    set.push_back(absl::StrReplaceAll(absl::StrCat("database.url=", databases_.at("registry")),
                                      {{"csearch_path=", "csearch_path={service}_"}}));
  } else if (server.service != "all_in_one") {
    set.push_back(absl::StrCat("database.url=", databases_.at(server.service)));
  }
  if (server.service != "registry") {
    set.push_back(absl::StrCat("peers.registry.address=", addresses("registry")));
    set.push_back("peers.registry.server_name=localhost");
    set.push_back(absl::StrCat("service.redis=", redis_ == nullptr ? "" : redis_->address()));
    set.push_back("service.files_unscanned=clean");
  }
  set.insert(set.end(), options_.settings.begin(), options_.settings.end());
  set.insert(set.end(), settings.begin(), settings.end());
  std::vector<std::string> command = {program(server.service + "_server"), "--config", file};
  for (const std::string& one : set) {
    command.insert(command.end(), {"--set", one});
  }
  return command;
}

void Suite::Start() {
  for (const auto& server : servers_) {
    Launch(server->service, server->replica);
  }
  for (const auto& server : servers_) {
    AwaitReady(server->service, server->replica);
  }
}

void Suite::Start(const std::string& service, int replica, const std::vector<std::string>& settings,
                  const std::map<std::string, std::string>& environment) {
  Launch(service, replica, settings, environment);
  AwaitReady(service, replica);
}

void Suite::Launch(const std::string& service, int replica, const std::vector<std::string>& settings,
                   const std::map<std::string, std::string>& environment) {
  Server& server = Find(service, replica);
  if (Running(service, replica)) {
    Die(server, "runs already");
  }
  std::map<std::string, std::string> variables = options_.environment;
  for (const auto& [name, value] : environment) {
    variables[name] = value;
  }
  const int file = open(output(service, replica).c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  std::lock_guard lock(mutex_);
  server.process = Spawn(Command(server, settings), Environment(variables), file, file);
  close(file);
}

void Suite::AwaitReady(const std::string& service, int replica) {
  Server& server = Find(service, replica);
  const auto until = SteadyClock::now() + kReadyWithin;
  while (Admin(service, replica, "/readyz").status != 200) {
    if (Ended(server)) {
      Die(server, absl::StrCat("ended with ", server.exit_code, " at its start"));
    }
    if (SteadyClock::now() > until) {
      Die(server, "is not ready in time");
    }
    PauseOrEnd(process(service, replica));
  }
}

int Suite::AwaitExit(const std::string& service, int replica) {
  Server& server = Find(service, replica);
  const auto until = SteadyClock::now() + kEndWithin;
  while (!Ended(server)) {
    if (SteadyClock::now() > until) {
      Die(server, "does not end");
    }
    PauseOrEnd(process(service, replica));
  }
  return server.exit_code;
}

int Suite::Stop(const std::string& service, int replica) {
  if (Running(service, replica)) {
    kill(process(service, replica), SIGTERM);
  }
  const int code = AwaitExit(service, replica);
  if (code != 0) {  // of a sanitizer, mostly
    std::cerr << WithReplica(service, replica) << " ended with " << code << "\n"
              << LastLines(ReadAll(output(service, replica)), 120) << "\n";
  }
  return code;
}

void Suite::Kill(const std::string& service, int replica) {
  if (Running(service, replica)) {
    kill(process(service, replica), SIGKILL);
  }
  AwaitExit(service, replica);
}

void Suite::Freeze(const std::string& service, int replica) {
  kill(process(service, replica), SIGSTOP);
}

void Suite::Thaw(const std::string& service, int replica) {
  kill(process(service, replica), SIGCONT);
}

bool Suite::Running(const std::string& service, int replica) {
  return !Ended(Find(service, replica));
}

pid_t Suite::process(const std::string& service, int replica) const {
  const Server& server = Find(service, replica);
  std::lock_guard lock(mutex_);
  return server.process;
}

bool Suite::Ended(Server& server) {
  std::lock_guard lock(mutex_);
  int status = 0;
  if (server.process > 0 && waitpid(server.process, &status, WNOHANG) == server.process) {
    server.process = 0;
    server.exit_code = ExitCode(status);
  }
  return server.process == 0;
}

void Suite::Die(const Server& server, const std::string& what) const {
  std::cerr << WithReplica(server.service, server.replica) << " " << what << "\n"
            << LastLines(ReadAll(output(server.service, server.replica)), 60) << "\n"
            << LastLines(ReadAll(log(server.service, server.replica)), 10) << "\n";
  std::abort();
}

Suite::Server& Suite::Find(const std::string& service, int replica) {
  return const_cast<Server&>(std::as_const(*this).Find(service, replica));
}

const Suite::Server& Suite::Find(const std::string& service, int replica) const {
  const std::string& name = options_.all_in_one ? services_.front() : service;
  for (const auto& server : servers_) {
    if (server->service == name && server->replica == replica) {
      return *server;
    }
  }
  std::cerr << "the suite has no " << WithReplica(service, replica) << "\n";
  std::abort();
}

Outcome Suite::Cli(const std::string& who, std::vector<std::string> arguments) const {
  std::vector<std::string> command = {program("ruraledu"), "--profile", profile(who)};
  command.insert(command.end(), arguments.begin(), arguments.end());
  return Run(command);
}

std::string Suite::profile(const std::string& who) const {
  return absl::StrCat(home_, "/profiles/", who, ".toml");
}

void Suite::PassOn(const std::string& from, const std::string& to) const {
  const auto state = [&](const std::string& who) { return fs::path(profile(who)).replace_extension(".state"); };
  fs::copy_file(state(from), state(to), fs::copy_options::overwrite_existing);
}

Outcome Suite::Run(const std::vector<std::string>& command) const {
  std::array<int, 2> out, err;
  if (pipe2(out.data(), O_CLOEXEC) != 0 || pipe2(err.data(), O_CLOEXEC) != 0) {
    std::abort();
  }
  const pid_t child = Spawn(command, Environment({}), out[1], err[1]);
  close(out[1]);
  close(err[1]);
  Outcome outcome;
  if (!Drain({out[0], err[0]}, {&outcome.out, &outcome.err}, SteadyClock::now() + kCommandWithin)) {
    kill(child, SIGKILL);
    absl::StrAppend(&outcome.err, "\nkilled: it did not end\n");
  }
  close(out[0]);
  close(err[0]);
  int status = 0;
  waitpid(child, &status, 0);
  outcome.code = ExitCode(status);
  return outcome;
}

std::string Suite::address(const std::string& service, int replica) const {
  return absl::StrCat("127.0.0.1:", Find(service, replica).port);
}

std::string Suite::addresses(const std::string& service) const {
  std::vector<std::string> all;
  for (int replica = 0; replica < options_.replicas; ++replica) {
    all.push_back(address(service, replica));
  }
  return absl::StrCat("ipv4:", absl::StrJoin(all, ","));
}

Page Suite::Admin(const std::string& service, int replica, const std::string& path) const {
  const sockaddr_in address = Local(Find(service, replica).admin_port);
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const timeval patience{10, 0};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  Page page;
  if (connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0) {
    const std::string request = absl::StrCat("GET ", path, " HTTP/1.0\r\n\r\n");
    send(fd, request.data(), request.size(), MSG_NOSIGNAL);
    std::string answer;
    std::array<char, 1 << 16> buffer;
    for (ssize_t got = 1; got > 0;) {
      got = read(fd, buffer.data(), buffer.size());
      answer.append(buffer.data(), static_cast<size_t>(std::max<ssize_t>(got, 0)));
    }
    const std::vector<std::string> words = absl::StrSplit(answer.substr(0, answer.find('\r')), ' ');
    page.status = words.size() > 1 ? std::atoi(words[1].c_str()) : 0;
    const size_t head = answer.find("\r\n\r\n");
    page.body = head == std::string::npos ? "" : answer.substr(head + 4);
  }
  close(fd);
  return page;
}

double Suite::Metric(const std::string& service, int replica, const std::string& name,
                     const std::vector<std::string>& labels) const {
  double sum = 0;
  const std::string text = Admin(service, replica, "/metrics").body;
  for (const std::string_view line : absl::StrSplit(text, '\n')) {
    const size_t space = line.rfind(' ');
    const bool named =
        line.starts_with(name) && line.size() > name.size() && (line[name.size()] == '{' || line[name.size()] == ' ');
    if (named && std::all_of(labels.begin(), labels.end(),
                             [&](const std::string& label) { return line.find(label) != std::string_view::npos; })) {
      sum += std::atof(std::string(line.substr(space + 1)).c_str());
    }
  }
  return sum;
}

std::string Suite::log(const std::string& service, int replica) const {
  return absl::StrCat(home_, "/log/", WithReplica(Find(service, replica).service, replica), ".jsonl");
}

std::string Suite::output(const std::string& service, int replica) const {
  return absl::StrCat(home_, "/log/", WithReplica(Find(service, replica).service, replica), ".out");
}

std::string Suite::database_url(const std::string& service) const {
  return databases_.at(service);
}

std::string Suite::database_file(const std::string& service) const {
  return absl::StrCat(home_, "/data/", service, ".db");
}

std::string Suite::program(const std::string& name) const {
  static const std::map<std::string, std::string> built = {
      {"registry_server", RURALEDU_REGISTRY_SERVER},
      {"student_aid_server", RURALEDU_STUDENT_AID_SERVER},
      {"dropout_monitoring_server", RURALEDU_DROPOUT_MONITORING_SERVER},
      {"all_in_one_server", RURALEDU_ALL_IN_ONE_SERVER},
      {"ruraledu", RURALEDU_CLI},
      {"county_generate", RURALEDU_COUNTY_GENERATE}};
  const char* wanted = getenv("RURALEDU_PROGRAMS");
  const fs::path folder = wanted != nullptr ? wanted : options_.programs;
  if (folder.empty()) {
    return built.at(name);
  }
  // A folder of programs, or a build directory: then the same place below it as in this one.
  const fs::path in_build = folder / fs::relative(built.at(name), RURALEDU_BINARY_DIR);
  return fs::exists(in_build) ? in_build : folder / name;
}

}  // namespace ruraledu::testlib
