"""IAM: the sweep of an account's roles in pages, with names, and with attached policies only.

Moto answers `GetAccountAuthorizationDetails` in one page, without `PolicyName`, and with every policy that AWS manages.
AWS lists of those only the ones that are attached, and pages. Moto's `ListRolePolicies` does not page either.
"""

from moto.core.responses import ActionResult
from moto.iam.responses import IamResponse


def policy(p):
    return {
        "PolicyName": p.name,
        "PolicyId": p.id,
        "Arn": p.arn,
        "Path": p.path,
        "DefaultVersionId": p.default_version_id,
        "AttachmentCount": p.attachment_count,
        "PermissionsBoundaryUsageCount": 0,
        "IsAttachable": True,
        "CreateDate": p.create_date,
        "UpdateDate": p.update_date,
        "PolicyVersionList": [
            {"Document": v.document, "VersionId": v.version_id, "IsDefaultVersion": v.is_default, "CreateDate": v.create_date}
            for v in p.versions
        ],
    }


def cut(self, items, most):
    """A page of `items`, and what says whether more follow."""
    size = min(int(self._get_param("MaxItems") or 100), most)
    start = int(self._get_param("Marker") or 0)
    more = start + size < len(items)
    return items[start : start + size], {"IsTruncated": more, **({"Marker": str(start + size)} if more else {})}


def account_authorization_details(self):
    found = self.backend.get_account_authorization_details(self._get_param("Filter", []))
    boundaries = {r.permissions_boundary_arn for r in self.backend.roles.values()}
    policies = [p for p in found["managed_policies"] if not p.arn.startswith("arn:aws:iam::aws:") or p.attachment_count or p.arn in boundaries]
    everything = [
        *(("UserDetailList", u) for u in found["users"]),
        *(("GroupDetailList", g) for g in found["groups"]),
        *(("RoleDetailList", r) for r in found["roles"]),
        *(("Policies", policy(p)) for p in policies),
    ]
    items, out = cut(self, everything, 1000)
    for member in ("UserDetailList", "GroupDetailList", "RoleDetailList", "Policies"):
        out[member] = [item for of, item in items if of == member]
    return ActionResult(out)


def list_role_policies(self):
    names, out = cut(self, list(self.backend.list_role_policies(self._get_param("RoleName"))), 1000)
    return ActionResult({**out, "PolicyNames": names})


def install():
    IamResponse.get_account_authorization_details = account_authorization_details
    IamResponse.list_role_policies = list_role_policies
