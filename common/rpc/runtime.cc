#include "common/rpc/runtime.h"

#include <cstdlib>
#include <iostream>

namespace ruraledu::rpc {

absl::StatusOr<std::unique_ptr<Runtime>> Runtime::Create(EngineParts parts) {
  ASSIGN_OR_RETURN(std::unique_ptr<Engine> engine, Engine::Create(std::move(parts)));
  return std::unique_ptr<Runtime>(new Runtime(std::move(engine)));
}

Runtime::~Runtime() = default;

int Runtime::IndexOf(std::string_view method) const {
  const int index = engine_->methods().Find(method);
  if (index < 0) {
    std::cerr << "no contract of " << engine_->parts().service << " has a method " << method << "\n";
    std::abort();
  }
  return index;
}

grpc::ServerUnaryReactor* Runtime::Start(std::unique_ptr<UnaryReactor> reactor) {
  UnaryReactor* const started = reactor.release();  // deletes itself in OnDone
  started->Begin();
  return started;
}

void Runtime::StopAdmitting() {
  engine_->StopAdmitting();
}

bool Runtime::WaitIdle(absl::Time deadline) {
  return engine_->WaitIdle(deadline);
}

}  // namespace ruraledu::rpc
