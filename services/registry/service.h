// The gRPC face of the registry: one line per method.
#pragma once

#include "common/rpc/unary.h"
#include "services/registry/handlers.h"

namespace ruraledu::registry {

class RegistryRpc final : public rpc::Bound<Handlers> {
 public:
  static constexpr char kContract[] = "ruraledu.registry.v1.RegistryService";

  RegistryRpc(rpc::Runtime& runtime, Handlers& handlers) : Bound(runtime, handlers, kContract) {
    Places();
    Persons();
    ImportsAndAccess();
    AddShared();
  }

 private:
  void Places() {
    Unary("GetRegion", &Handlers::GetRegion);
    Unary("ListRegions", &Handlers::ListRegions);
    Unary("GetCalendar", &Handlers::GetCalendar);
    Unary("AddWorkingDays", &Handlers::AddWorkingDays);
    Unary("GetSchool", &Handlers::GetSchool);
    Unary("ListSchools", &Handlers::ListSchools);
    Unary("CreateSchool", &Handlers::CreateSchool);
    Unary("UpdateSchool", &Handlers::UpdateSchool);
    Unary("CloseSchool", &Handlers::CloseSchool);
    Unary("GetClass", &Handlers::GetClass);
    Unary("ListClasses", &Handlers::ListClasses);
    Unary("CreateClass", &Handlers::CreateClass);
  }
  void Persons() {
    Unary("GetStudent", &Handlers::GetStudent);
    Unary("ListStudents", &Handlers::ListStudents);
    Unary("FindStudent", &Handlers::FindStudent);
    Unary("CreateStudent", &Handlers::CreateStudent);
    Unary("UpdateStudent", &Handlers::UpdateStudent);
    Unary("ChangeStudentStatus", &Handlers::ChangeStudentStatus);
    Unary("EraseStudent", &Handlers::EraseStudent);
    Unary("GetHousehold", &Handlers::GetHousehold);
    Unary("ListHouseholds", &Handlers::ListHouseholds);
    Unary("CreateHousehold", &Handlers::CreateHousehold);
    Unary("UpdateHousehold", &Handlers::UpdateHousehold);
    Unary("GetTeacher", &Handlers::GetTeacher);
    Unary("ListTeachers", &Handlers::ListTeachers);
    Unary("CreateTeacher", &Handlers::CreateTeacher);
    Unary("UpdateTeacher", &Handlers::UpdateTeacher);
    Unary("ValidateIdentity", &Handlers::ValidateIdentity);
    Unary("ListReviews", &Handlers::ListReviews);
    Unary("DecideReview", &Handlers::DecideReview);
    Unary("MergeStudents", &Handlers::MergeStudents);
    Unary("UnmergeStudent", &Handlers::UnmergeStudent);
    Unary("CreateTransfer", &Handlers::CreateTransfer);
    Unary("AcceptTransfer", &Handlers::AcceptTransfer);
    Unary("EndTransfer", &Handlers::EndTransfer);
    Unary("GetTransfer", &Handlers::GetTransfer);
    Unary("ListTransfers", &Handlers::ListTransfers);
  }
  void ImportsAndAccess() {
    Unary("CreateImport", &Handlers::CreateImport);
    Unary("UploadChunk", &Handlers::UploadChunk);
    Unary("CommitUpload", &Handlers::CommitUpload);
    Unary("ApplyImport", &Handlers::ApplyImport);
    Unary("WithdrawImport", &Handlers::WithdrawImport);
    Unary("GetImport", &Handlers::GetImport);
    Unary("ListImports", &Handlers::ListImports);
    Unary("ListImportRows", &Handlers::ListImportRows);
    Unary("CreateAccount", &Handlers::CreateAccount);
    Unary("GetAccount", &Handlers::GetAccount);
    Unary("ListAccounts", &Handlers::ListAccounts);
    Unary("GiveGrant", &Handlers::GiveGrant);
    Unary("ConfirmGrant", &Handlers::ConfirmGrant);
    Unary("RevokeGrant", &Handlers::RevokeGrant);
    Unary("RevokeAccount", &Handlers::RevokeAccount);
    Unary("IssueToken", &Handlers::IssueToken);
  }
};

}  // namespace ruraledu::registry
