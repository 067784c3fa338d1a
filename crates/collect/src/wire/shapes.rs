//! The shapes of answers in XML.
//!
//! Written by `tests/operations/xml_shapes.py` from AWS's service models; do not edit.

use sagewarden_core::operations::Operation;

use super::xml::{Member, Shape};

const fn member(element: &'static str, name: &'static str, shape: &'static Shape) -> Member {
    Member {
        element,
        name,
        shape,
    }
}

const EC2_BLOCK_PUBLIC_ACCESS_STATES: Shape = Shape::Structure(&[member(
    "internetGatewayBlockMode",
    "InternetGatewayBlockMode",
    &TEXT,
)]);
const EC2_DESCRIBE_REGIONS_RESULT: Shape =
    Shape::Structure(&[member("regionInfo", "Regions", &EC2_REGION_LIST_OF_ITEM)]);
const EC2_DESCRIBE_ROUTE_TABLES_RESULT: Shape = Shape::Structure(&[
    member(
        "routeTableSet",
        "RouteTables",
        &EC2_ROUTE_TABLE_LIST_OF_ITEM,
    ),
    member("nextToken", "NextToken", &TEXT),
]);
const EC2_DESCRIBE_SUBNETS_RESULT: Shape = Shape::Structure(&[
    member("nextToken", "NextToken", &TEXT),
    member("subnetSet", "Subnets", &EC2_SUBNET_LIST_OF_ITEM),
]);
const EC2_PRIVATE_DNS_NAME_OPTIONS_ON_LAUNCH: Shape = Shape::Structure(&[
    member("hostnameType", "HostnameType", &TEXT),
    member(
        "enableResourceNameDnsARecord",
        "EnableResourceNameDnsARecord",
        &FLAG,
    ),
    member(
        "enableResourceNameDnsAAAARecord",
        "EnableResourceNameDnsAAAARecord",
        &FLAG,
    ),
]);
const EC2_PROPAGATING_VGW: Shape = Shape::Structure(&[member("gatewayId", "GatewayId", &TEXT)]);
const EC2_PROPAGATING_VGW_LIST_OF_ITEM: Shape = Shape::List {
    element: "item",
    of: &EC2_PROPAGATING_VGW,
};
const EC2_REGION: Shape = Shape::Structure(&[
    member("optInStatus", "OptInStatus", &TEXT),
    member(
        "geographySet",
        "Geography",
        &EC2_REGION_GEOGRAPHY_LIST_OF_ITEM,
    ),
    member("regionName", "RegionName", &TEXT),
    member("regionEndpoint", "Endpoint", &TEXT),
]);
const EC2_REGION_GEOGRAPHY: Shape = Shape::Structure(&[member("name", "Name", &TEXT)]);
const EC2_REGION_GEOGRAPHY_LIST_OF_ITEM: Shape = Shape::List {
    element: "item",
    of: &EC2_REGION_GEOGRAPHY,
};
const EC2_REGION_LIST_OF_ITEM: Shape = Shape::List {
    element: "item",
    of: &EC2_REGION,
};
const EC2_ROUTE: Shape = Shape::Structure(&[
    member("destinationCidrBlock", "DestinationCidrBlock", &TEXT),
    member(
        "destinationIpv6CidrBlock",
        "DestinationIpv6CidrBlock",
        &TEXT,
    ),
    member("destinationPrefixListId", "DestinationPrefixListId", &TEXT),
    member(
        "egressOnlyInternetGatewayId",
        "EgressOnlyInternetGatewayId",
        &TEXT,
    ),
    member("gatewayId", "GatewayId", &TEXT),
    member("instanceId", "InstanceId", &TEXT),
    member("instanceOwnerId", "InstanceOwnerId", &TEXT),
    member("natGatewayId", "NatGatewayId", &TEXT),
    member("transitGatewayId", "TransitGatewayId", &TEXT),
    member("localGatewayId", "LocalGatewayId", &TEXT),
    member("carrierGatewayId", "CarrierGatewayId", &TEXT),
    member("networkInterfaceId", "NetworkInterfaceId", &TEXT),
    member("origin", "Origin", &TEXT),
    member("state", "State", &TEXT),
    member("vpcPeeringConnectionId", "VpcPeeringConnectionId", &TEXT),
    member("coreNetworkArn", "CoreNetworkArn", &TEXT),
    member("odbNetworkArn", "OdbNetworkArn", &TEXT),
    member("ipAddress", "IpAddress", &TEXT),
]);
const EC2_ROUTE_LIST_OF_ITEM: Shape = Shape::List {
    element: "item",
    of: &EC2_ROUTE,
};
const EC2_ROUTE_TABLE: Shape = Shape::Structure(&[
    member(
        "associationSet",
        "Associations",
        &EC2_ROUTE_TABLE_ASSOCIATION_LIST_OF_ITEM,
    ),
    member(
        "propagatingVgwSet",
        "PropagatingVgws",
        &EC2_PROPAGATING_VGW_LIST_OF_ITEM,
    ),
    member("routeTableId", "RouteTableId", &TEXT),
    member("routeSet", "Routes", &EC2_ROUTE_LIST_OF_ITEM),
    member("tagSet", "Tags", &EC2_TAG_LIST_OF_ITEM),
    member("vpcId", "VpcId", &TEXT),
    member("ownerId", "OwnerId", &TEXT),
]);
const EC2_ROUTE_TABLE_ASSOCIATION: Shape = Shape::Structure(&[
    member("main", "Main", &FLAG),
    member("routeTableAssociationId", "RouteTableAssociationId", &TEXT),
    member("routeTableId", "RouteTableId", &TEXT),
    member("subnetId", "SubnetId", &TEXT),
    member("gatewayId", "GatewayId", &TEXT),
    member("publicIpv4Pool", "PublicIpv4Pool", &TEXT),
    member(
        "associationState",
        "AssociationState",
        &EC2_ROUTE_TABLE_ASSOCIATION_STATE,
    ),
]);
const EC2_ROUTE_TABLE_ASSOCIATION_LIST_OF_ITEM: Shape = Shape::List {
    element: "item",
    of: &EC2_ROUTE_TABLE_ASSOCIATION,
};
const EC2_ROUTE_TABLE_ASSOCIATION_STATE: Shape = Shape::Structure(&[
    member("state", "State", &TEXT),
    member("statusMessage", "StatusMessage", &TEXT),
]);
const EC2_ROUTE_TABLE_LIST_OF_ITEM: Shape = Shape::List {
    element: "item",
    of: &EC2_ROUTE_TABLE,
};
const EC2_SUBNET: Shape = Shape::Structure(&[
    member("availabilityZoneId", "AvailabilityZoneId", &TEXT),
    member("enableLniAtDeviceIndex", "EnableLniAtDeviceIndex", &NUMBER),
    member(
        "mapCustomerOwnedIpOnLaunch",
        "MapCustomerOwnedIpOnLaunch",
        &FLAG,
    ),
    member("customerOwnedIpv4Pool", "CustomerOwnedIpv4Pool", &TEXT),
    member("ownerId", "OwnerId", &TEXT),
    member(
        "assignIpv6AddressOnCreation",
        "AssignIpv6AddressOnCreation",
        &FLAG,
    ),
    member(
        "ipv6CidrBlockAssociationSet",
        "Ipv6CidrBlockAssociationSet",
        &EC2_SUBNET_IPV6_CIDR_BLOCK_ASSOCIATION_LIST_OF_ITEM,
    ),
    member("tagSet", "Tags", &EC2_TAG_LIST_OF_ITEM),
    member("subnetArn", "SubnetArn", &TEXT),
    member("outpostArn", "OutpostArn", &TEXT),
    member("enableDns64", "EnableDns64", &FLAG),
    member("ipv6Native", "Ipv6Native", &FLAG),
    member(
        "privateDnsNameOptionsOnLaunch",
        "PrivateDnsNameOptionsOnLaunch",
        &EC2_PRIVATE_DNS_NAME_OPTIONS_ON_LAUNCH,
    ),
    member(
        "blockPublicAccessStates",
        "BlockPublicAccessStates",
        &EC2_BLOCK_PUBLIC_ACCESS_STATES,
    ),
    member("type", "Type", &TEXT),
    member("subnetId", "SubnetId", &TEXT),
    member("state", "State", &TEXT),
    member("vpcId", "VpcId", &TEXT),
    member("cidrBlock", "CidrBlock", &TEXT),
    member(
        "availableIpAddressCount",
        "AvailableIpAddressCount",
        &NUMBER,
    ),
    member("availabilityZone", "AvailabilityZone", &TEXT),
    member("defaultForAz", "DefaultForAz", &FLAG),
    member("mapPublicIpOnLaunch", "MapPublicIpOnLaunch", &FLAG),
]);
const EC2_SUBNET_CIDR_BLOCK_STATE: Shape = Shape::Structure(&[
    member("state", "State", &TEXT),
    member("statusMessage", "StatusMessage", &TEXT),
]);
const EC2_SUBNET_IPV6_CIDR_BLOCK_ASSOCIATION: Shape = Shape::Structure(&[
    member("associationId", "AssociationId", &TEXT),
    member("ipv6CidrBlock", "Ipv6CidrBlock", &TEXT),
    member(
        "ipv6CidrBlockState",
        "Ipv6CidrBlockState",
        &EC2_SUBNET_CIDR_BLOCK_STATE,
    ),
    member("ipv6AddressAttribute", "Ipv6AddressAttribute", &TEXT),
    member("ipSource", "IpSource", &TEXT),
]);
const EC2_SUBNET_IPV6_CIDR_BLOCK_ASSOCIATION_LIST_OF_ITEM: Shape = Shape::List {
    element: "item",
    of: &EC2_SUBNET_IPV6_CIDR_BLOCK_ASSOCIATION,
};
const EC2_SUBNET_LIST_OF_ITEM: Shape = Shape::List {
    element: "item",
    of: &EC2_SUBNET,
};
const EC2_TAG: Shape =
    Shape::Structure(&[member("key", "Key", &TEXT), member("value", "Value", &TEXT)]);
const EC2_TAG_LIST_OF_ITEM: Shape = Shape::List {
    element: "item",
    of: &EC2_TAG,
};
const FLAG: Shape = Shape::Flag;
const IAM_ATTACHED_PERMISSIONS_BOUNDARY: Shape = Shape::Structure(&[
    member("PermissionsBoundaryType", "PermissionsBoundaryType", &TEXT),
    member("PermissionsBoundaryArn", "PermissionsBoundaryArn", &TEXT),
]);
const IAM_ATTACHED_POLICY: Shape = Shape::Structure(&[
    member("PolicyName", "PolicyName", &TEXT),
    member("PolicyArn", "PolicyArn", &TEXT),
]);
const IAM_ATTACHED_POLICY_LIST_OF_MEMBER: Shape = Shape::List {
    element: "member",
    of: &IAM_ATTACHED_POLICY,
};
const IAM_GET_ACCOUNT_AUTHORIZATION_DETAILS_RESPONSE: Shape = Shape::Structure(&[
    member(
        "UserDetailList",
        "UserDetailList",
        &IAM_USER_DETAIL_LIST_OF_MEMBER,
    ),
    member(
        "GroupDetailList",
        "GroupDetailList",
        &IAM_GROUP_DETAIL_LIST_OF_MEMBER,
    ),
    member(
        "RoleDetailList",
        "RoleDetailList",
        &IAM_ROLE_DETAIL_LIST_OF_MEMBER,
    ),
    member(
        "Policies",
        "Policies",
        &IAM_MANAGED_POLICY_DETAIL_LIST_OF_MEMBER,
    ),
    member("IsTruncated", "IsTruncated", &FLAG),
    member("Marker", "Marker", &TEXT),
]);
const IAM_GET_POLICY_RESPONSE: Shape = Shape::Structure(&[member("Policy", "Policy", &IAM_POLICY)]);
const IAM_GET_POLICY_VERSION_RESPONSE: Shape = Shape::Structure(&[member(
    "PolicyVersion",
    "PolicyVersion",
    &IAM_POLICY_VERSION,
)]);
const IAM_GET_ROLE_POLICY_RESPONSE: Shape = Shape::Structure(&[
    member("RoleName", "RoleName", &TEXT),
    member("PolicyName", "PolicyName", &TEXT),
    member("PolicyDocument", "PolicyDocument", &TEXT),
]);
const IAM_GET_ROLE_RESPONSE: Shape = Shape::Structure(&[member("Role", "Role", &IAM_ROLE)]);
const IAM_GROUP_DETAIL: Shape = Shape::Structure(&[
    member("Path", "Path", &TEXT),
    member("GroupName", "GroupName", &TEXT),
    member("GroupId", "GroupId", &TEXT),
    member("Arn", "Arn", &TEXT),
    member("CreateDate", "CreateDate", &TEXT),
    member(
        "GroupPolicyList",
        "GroupPolicyList",
        &IAM_POLICY_DETAIL_LIST_OF_MEMBER,
    ),
    member(
        "AttachedManagedPolicies",
        "AttachedManagedPolicies",
        &IAM_ATTACHED_POLICY_LIST_OF_MEMBER,
    ),
]);
const IAM_GROUP_DETAIL_LIST_OF_MEMBER: Shape = Shape::List {
    element: "member",
    of: &IAM_GROUP_DETAIL,
};
const IAM_INSTANCE_PROFILE: Shape = Shape::Structure(&[
    member("Path", "Path", &TEXT),
    member("InstanceProfileName", "InstanceProfileName", &TEXT),
    member("InstanceProfileId", "InstanceProfileId", &TEXT),
    member("Arn", "Arn", &TEXT),
    member("CreateDate", "CreateDate", &TEXT),
    member("Roles", "Roles", &IAM_ROLE_LIST_OF_MEMBER),
    member("Tags", "Tags", &IAM_TAG_LIST_OF_MEMBER),
]);
const IAM_INSTANCE_PROFILE_LIST_OF_MEMBER: Shape = Shape::List {
    element: "member",
    of: &IAM_INSTANCE_PROFILE,
};
const IAM_LIST_ATTACHED_ROLE_POLICIES_RESPONSE: Shape = Shape::Structure(&[
    member(
        "AttachedPolicies",
        "AttachedPolicies",
        &IAM_ATTACHED_POLICY_LIST_OF_MEMBER,
    ),
    member("IsTruncated", "IsTruncated", &FLAG),
    member("Marker", "Marker", &TEXT),
]);
const IAM_LIST_ROLE_POLICIES_RESPONSE: Shape = Shape::Structure(&[
    member("PolicyNames", "PolicyNames", &TEXT_LIST_OF_MEMBER),
    member("IsTruncated", "IsTruncated", &FLAG),
    member("Marker", "Marker", &TEXT),
]);
const IAM_MANAGED_POLICY_DETAIL: Shape = Shape::Structure(&[
    member("PolicyName", "PolicyName", &TEXT),
    member("PolicyId", "PolicyId", &TEXT),
    member("Arn", "Arn", &TEXT),
    member("Path", "Path", &TEXT),
    member("DefaultVersionId", "DefaultVersionId", &TEXT),
    member("AttachmentCount", "AttachmentCount", &NUMBER),
    member(
        "PermissionsBoundaryUsageCount",
        "PermissionsBoundaryUsageCount",
        &NUMBER,
    ),
    member("IsAttachable", "IsAttachable", &FLAG),
    member("Description", "Description", &TEXT),
    member("CreateDate", "CreateDate", &TEXT),
    member("UpdateDate", "UpdateDate", &TEXT),
    member(
        "PolicyVersionList",
        "PolicyVersionList",
        &IAM_POLICY_VERSION_LIST_OF_MEMBER,
    ),
]);
const IAM_MANAGED_POLICY_DETAIL_LIST_OF_MEMBER: Shape = Shape::List {
    element: "member",
    of: &IAM_MANAGED_POLICY_DETAIL,
};
const IAM_POLICY: Shape = Shape::Structure(&[
    member("PolicyName", "PolicyName", &TEXT),
    member("PolicyId", "PolicyId", &TEXT),
    member("Arn", "Arn", &TEXT),
    member("Path", "Path", &TEXT),
    member("DefaultVersionId", "DefaultVersionId", &TEXT),
    member("AttachmentCount", "AttachmentCount", &NUMBER),
    member(
        "PermissionsBoundaryUsageCount",
        "PermissionsBoundaryUsageCount",
        &NUMBER,
    ),
    member("IsAttachable", "IsAttachable", &FLAG),
    member("Description", "Description", &TEXT),
    member("CreateDate", "CreateDate", &TEXT),
    member("UpdateDate", "UpdateDate", &TEXT),
    member("Tags", "Tags", &IAM_TAG_LIST_OF_MEMBER),
]);
const IAM_POLICY_DETAIL: Shape = Shape::Structure(&[
    member("PolicyName", "PolicyName", &TEXT),
    member("PolicyDocument", "PolicyDocument", &TEXT),
]);
const IAM_POLICY_DETAIL_LIST_OF_MEMBER: Shape = Shape::List {
    element: "member",
    of: &IAM_POLICY_DETAIL,
};
const IAM_POLICY_VERSION: Shape = Shape::Structure(&[
    member("Document", "Document", &TEXT),
    member("VersionId", "VersionId", &TEXT),
    member("IsDefaultVersion", "IsDefaultVersion", &FLAG),
    member("CreateDate", "CreateDate", &TEXT),
]);
const IAM_POLICY_VERSION_LIST_OF_MEMBER: Shape = Shape::List {
    element: "member",
    of: &IAM_POLICY_VERSION,
};
const IAM_ROLE: Shape = Shape::Structure(&[
    member("Path", "Path", &TEXT),
    member("RoleName", "RoleName", &TEXT),
    member("RoleId", "RoleId", &TEXT),
    member("Arn", "Arn", &TEXT),
    member("CreateDate", "CreateDate", &TEXT),
    member(
        "AssumeRolePolicyDocument",
        "AssumeRolePolicyDocument",
        &TEXT,
    ),
    member("Description", "Description", &TEXT),
    member("MaxSessionDuration", "MaxSessionDuration", &NUMBER),
    member(
        "PermissionsBoundary",
        "PermissionsBoundary",
        &IAM_ATTACHED_PERMISSIONS_BOUNDARY,
    ),
    member("Tags", "Tags", &IAM_TAG_LIST_OF_MEMBER),
    member("RoleLastUsed", "RoleLastUsed", &IAM_ROLE_LAST_USED),
]);
const IAM_ROLE_DETAIL: Shape = Shape::Structure(&[
    member("Path", "Path", &TEXT),
    member("RoleName", "RoleName", &TEXT),
    member("RoleId", "RoleId", &TEXT),
    member("Arn", "Arn", &TEXT),
    member("CreateDate", "CreateDate", &TEXT),
    member(
        "AssumeRolePolicyDocument",
        "AssumeRolePolicyDocument",
        &TEXT,
    ),
    member(
        "InstanceProfileList",
        "InstanceProfileList",
        &IAM_INSTANCE_PROFILE_LIST_OF_MEMBER,
    ),
    member(
        "RolePolicyList",
        "RolePolicyList",
        &IAM_POLICY_DETAIL_LIST_OF_MEMBER,
    ),
    member(
        "AttachedManagedPolicies",
        "AttachedManagedPolicies",
        &IAM_ATTACHED_POLICY_LIST_OF_MEMBER,
    ),
    member(
        "PermissionsBoundary",
        "PermissionsBoundary",
        &IAM_ATTACHED_PERMISSIONS_BOUNDARY,
    ),
    member("Tags", "Tags", &IAM_TAG_LIST_OF_MEMBER),
    member("RoleLastUsed", "RoleLastUsed", &IAM_ROLE_LAST_USED),
]);
const IAM_ROLE_DETAIL_LIST_OF_MEMBER: Shape = Shape::List {
    element: "member",
    of: &IAM_ROLE_DETAIL,
};
const IAM_ROLE_LAST_USED: Shape = Shape::Structure(&[
    member("LastUsedDate", "LastUsedDate", &TEXT),
    member("Region", "Region", &TEXT),
]);
const IAM_ROLE_LIST_OF_MEMBER: Shape = Shape::List {
    element: "member",
    of: &IAM_ROLE,
};
const IAM_TAG: Shape =
    Shape::Structure(&[member("Key", "Key", &TEXT), member("Value", "Value", &TEXT)]);
const IAM_TAG_LIST_OF_MEMBER: Shape = Shape::List {
    element: "member",
    of: &IAM_TAG,
};
const IAM_USER_DETAIL: Shape = Shape::Structure(&[
    member("Path", "Path", &TEXT),
    member("UserName", "UserName", &TEXT),
    member("UserId", "UserId", &TEXT),
    member("Arn", "Arn", &TEXT),
    member("CreateDate", "CreateDate", &TEXT),
    member(
        "UserPolicyList",
        "UserPolicyList",
        &IAM_POLICY_DETAIL_LIST_OF_MEMBER,
    ),
    member("GroupList", "GroupList", &TEXT_LIST_OF_MEMBER),
    member(
        "AttachedManagedPolicies",
        "AttachedManagedPolicies",
        &IAM_ATTACHED_POLICY_LIST_OF_MEMBER,
    ),
    member(
        "PermissionsBoundary",
        "PermissionsBoundary",
        &IAM_ATTACHED_PERMISSIONS_BOUNDARY,
    ),
    member("Tags", "Tags", &IAM_TAG_LIST_OF_MEMBER),
]);
const IAM_USER_DETAIL_LIST_OF_MEMBER: Shape = Shape::List {
    element: "member",
    of: &IAM_USER_DETAIL,
};
const NUMBER: Shape = Shape::Number;
const S3CONTROL_ACCESS_POINT: Shape = Shape::Structure(&[
    member("Name", "Name", &TEXT),
    member("NetworkOrigin", "NetworkOrigin", &TEXT),
    member(
        "VpcConfiguration",
        "VpcConfiguration",
        &S3CONTROL_VPC_CONFIGURATION,
    ),
    member("Bucket", "Bucket", &TEXT),
    member("AccessPointArn", "AccessPointArn", &TEXT),
    member("Alias", "Alias", &TEXT),
    member("BucketAccountId", "BucketAccountId", &TEXT),
    member("DataSourceId", "DataSourceId", &TEXT),
    member("DataSourceType", "DataSourceType", &TEXT),
]);
const S3CONTROL_ACCESS_POINT_LIST_OF_ACCESSPOINT: Shape = Shape::List {
    element: "AccessPoint",
    of: &S3CONTROL_ACCESS_POINT,
};
const S3CONTROL_LIST_ACCESS_POINTS_RESULT: Shape = Shape::Structure(&[
    member(
        "AccessPointList",
        "AccessPointList",
        &S3CONTROL_ACCESS_POINT_LIST_OF_ACCESSPOINT,
    ),
    member("NextToken", "NextToken", &TEXT),
]);
const S3CONTROL_VPC_CONFIGURATION: Shape = Shape::Structure(&[member("VpcId", "VpcId", &TEXT)]);
const S3_BLOCKED_ENCRYPTION_TYPES: Shape =
    Shape::Structure(&[member("EncryptionType", "EncryptionType", &TEXT_FLAT)]);
const S3_BUCKET: Shape = Shape::Structure(&[
    member("Name", "Name", &TEXT),
    member("CreationDate", "CreationDate", &TEXT),
    member("BucketRegion", "BucketRegion", &TEXT),
    member("BucketArn", "BucketArn", &TEXT),
]);
const S3_BUCKET_LIST_OF_BUCKET: Shape = Shape::List {
    element: "Bucket",
    of: &S3_BUCKET,
};
const S3_COMMON_PREFIX: Shape = Shape::Structure(&[member("Prefix", "Prefix", &TEXT)]);
const S3_COMMON_PREFIX_FLAT: Shape = Shape::Flat(&S3_COMMON_PREFIX);
const S3_DEFAULT_RETENTION: Shape = Shape::Structure(&[
    member("Mode", "Mode", &TEXT),
    member("Days", "Days", &NUMBER),
    member("Years", "Years", &NUMBER),
]);
const S3_DELETE_MARKER_ENTRY: Shape = Shape::Structure(&[
    member("Owner", "Owner", &S3_OWNER),
    member("Key", "Key", &TEXT),
    member("VersionId", "VersionId", &TEXT),
    member("IsLatest", "IsLatest", &FLAG),
    member("LastModified", "LastModified", &TEXT),
]);
const S3_DELETE_MARKER_ENTRY_FLAT: Shape = Shape::Flat(&S3_DELETE_MARKER_ENTRY);
const S3_GET_BUCKET_VERSIONING_OUTPUT: Shape = Shape::Structure(&[
    member("Status", "Status", &TEXT),
    member("MfaDelete", "MFADelete", &TEXT),
]);
const S3_LIST_BUCKETS_OUTPUT: Shape = Shape::Structure(&[
    member("Buckets", "Buckets", &S3_BUCKET_LIST_OF_BUCKET),
    member("Owner", "Owner", &S3_OWNER),
    member("ContinuationToken", "ContinuationToken", &TEXT),
    member("Prefix", "Prefix", &TEXT),
]);
const S3_LIST_DIRECTORY_BUCKETS_OUTPUT: Shape = Shape::Structure(&[
    member("Buckets", "Buckets", &S3_BUCKET_LIST_OF_BUCKET),
    member("ContinuationToken", "ContinuationToken", &TEXT),
]);
const S3_LIST_OBJECTS_V2_OUTPUT: Shape = Shape::Structure(&[
    member("IsTruncated", "IsTruncated", &FLAG),
    member("Contents", "Contents", &S3_OBJECT_FLAT),
    member("Name", "Name", &TEXT),
    member("Prefix", "Prefix", &TEXT),
    member("Delimiter", "Delimiter", &TEXT),
    member("MaxKeys", "MaxKeys", &NUMBER),
    member("CommonPrefixes", "CommonPrefixes", &S3_COMMON_PREFIX_FLAT),
    member("EncodingType", "EncodingType", &TEXT),
    member("KeyCount", "KeyCount", &NUMBER),
    member("ContinuationToken", "ContinuationToken", &TEXT),
    member("NextContinuationToken", "NextContinuationToken", &TEXT),
    member("StartAfter", "StartAfter", &TEXT),
]);
const S3_LIST_OBJECT_VERSIONS_OUTPUT: Shape = Shape::Structure(&[
    member("IsTruncated", "IsTruncated", &FLAG),
    member("KeyMarker", "KeyMarker", &TEXT),
    member("VersionIdMarker", "VersionIdMarker", &TEXT),
    member("NextKeyMarker", "NextKeyMarker", &TEXT),
    member("NextVersionIdMarker", "NextVersionIdMarker", &TEXT),
    member("Version", "Versions", &S3_OBJECT_VERSION_FLAT),
    member(
        "DeleteMarker",
        "DeleteMarkers",
        &S3_DELETE_MARKER_ENTRY_FLAT,
    ),
    member("Name", "Name", &TEXT),
    member("Prefix", "Prefix", &TEXT),
    member("Delimiter", "Delimiter", &TEXT),
    member("MaxKeys", "MaxKeys", &NUMBER),
    member("CommonPrefixes", "CommonPrefixes", &S3_COMMON_PREFIX_FLAT),
    member("EncodingType", "EncodingType", &TEXT),
]);
const S3_OBJECT: Shape = Shape::Structure(&[
    member("Key", "Key", &TEXT),
    member("LastModified", "LastModified", &TEXT),
    member("ETag", "ETag", &TEXT),
    member("ChecksumAlgorithm", "ChecksumAlgorithm", &TEXT_FLAT),
    member("ChecksumType", "ChecksumType", &TEXT),
    member("Size", "Size", &NUMBER),
    member("StorageClass", "StorageClass", &TEXT),
    member("Owner", "Owner", &S3_OWNER),
    member("RestoreStatus", "RestoreStatus", &S3_RESTORE_STATUS),
]);
const S3_OBJECT_FLAT: Shape = Shape::Flat(&S3_OBJECT);
const S3_OBJECT_LOCK_CONFIGURATION: Shape = Shape::Structure(&[
    member("ObjectLockEnabled", "ObjectLockEnabled", &TEXT),
    member("Rule", "Rule", &S3_OBJECT_LOCK_RULE),
]);
const S3_OBJECT_LOCK_RULE: Shape = Shape::Structure(&[member(
    "DefaultRetention",
    "DefaultRetention",
    &S3_DEFAULT_RETENTION,
)]);
const S3_OBJECT_VERSION: Shape = Shape::Structure(&[
    member("ETag", "ETag", &TEXT),
    member("ChecksumAlgorithm", "ChecksumAlgorithm", &TEXT_FLAT),
    member("ChecksumType", "ChecksumType", &TEXT),
    member("Size", "Size", &NUMBER),
    member("StorageClass", "StorageClass", &TEXT),
    member("Key", "Key", &TEXT),
    member("VersionId", "VersionId", &TEXT),
    member("IsLatest", "IsLatest", &FLAG),
    member("LastModified", "LastModified", &TEXT),
    member("Owner", "Owner", &S3_OWNER),
    member("RestoreStatus", "RestoreStatus", &S3_RESTORE_STATUS),
]);
const S3_OBJECT_VERSION_FLAT: Shape = Shape::Flat(&S3_OBJECT_VERSION);
const S3_OWNER: Shape = Shape::Structure(&[
    member("DisplayName", "DisplayName", &TEXT),
    member("ID", "ID", &TEXT),
]);
const S3_RESTORE_STATUS: Shape = Shape::Structure(&[
    member("IsRestoreInProgress", "IsRestoreInProgress", &FLAG),
    member("RestoreExpiryDate", "RestoreExpiryDate", &TEXT),
]);
const S3_SERVER_SIDE_ENCRYPTION_BY_DEFAULT: Shape = Shape::Structure(&[
    member("SSEAlgorithm", "SSEAlgorithm", &TEXT),
    member("KMSMasterKeyID", "KMSMasterKeyID", &TEXT),
]);
const S3_SERVER_SIDE_ENCRYPTION_CONFIGURATION: Shape = Shape::Structure(&[member(
    "Rule",
    "Rules",
    &S3_SERVER_SIDE_ENCRYPTION_RULE_FLAT,
)]);
const S3_SERVER_SIDE_ENCRYPTION_RULE: Shape = Shape::Structure(&[
    member(
        "ApplyServerSideEncryptionByDefault",
        "ApplyServerSideEncryptionByDefault",
        &S3_SERVER_SIDE_ENCRYPTION_BY_DEFAULT,
    ),
    member("BucketKeyEnabled", "BucketKeyEnabled", &FLAG),
    member(
        "BlockedEncryptionTypes",
        "BlockedEncryptionTypes",
        &S3_BLOCKED_ENCRYPTION_TYPES,
    ),
]);
const S3_SERVER_SIDE_ENCRYPTION_RULE_FLAT: Shape = Shape::Flat(&S3_SERVER_SIDE_ENCRYPTION_RULE);
const STS_GET_CALLER_IDENTITY_RESPONSE: Shape = Shape::Structure(&[
    member("UserId", "UserId", &TEXT),
    member("Account", "Account", &TEXT),
    member("Arn", "Arn", &TEXT),
]);
const TEXT: Shape = Shape::Text;
const TEXT_FLAT: Shape = Shape::Flat(&TEXT);
const TEXT_LIST_OF_MEMBER: Shape = Shape::List {
    element: "member",
    of: &TEXT,
};

/// The shape of an answer in XML; `None` where the answer is not XML.
pub(super) fn shape_of(operation: Operation) -> Option<&'static Shape> {
    Some(match operation {
        Operation::GetCallerIdentity => &STS_GET_CALLER_IDENTITY_RESPONSE,
        Operation::GetAccountAuthorizationDetails => {
            &IAM_GET_ACCOUNT_AUTHORIZATION_DETAILS_RESPONSE
        }
        Operation::GetRole => &IAM_GET_ROLE_RESPONSE,
        Operation::ListRolePolicies => &IAM_LIST_ROLE_POLICIES_RESPONSE,
        Operation::GetRolePolicy => &IAM_GET_ROLE_POLICY_RESPONSE,
        Operation::ListAttachedRolePolicies => &IAM_LIST_ATTACHED_ROLE_POLICIES_RESPONSE,
        Operation::GetPolicy => &IAM_GET_POLICY_RESPONSE,
        Operation::GetPolicyVersion => &IAM_GET_POLICY_VERSION_RESPONSE,
        Operation::ListBuckets => &S3_LIST_BUCKETS_OUTPUT,
        Operation::ListDirectoryBuckets => &S3_LIST_DIRECTORY_BUCKETS_OUTPUT,
        Operation::GetBucketLocation => &Shape::Payload {
            name: "LocationConstraint",
            of: &TEXT,
        },
        Operation::GetBucketEncryption => &Shape::Payload {
            name: "ServerSideEncryptionConfiguration",
            of: &S3_SERVER_SIDE_ENCRYPTION_CONFIGURATION,
        },
        Operation::GetBucketVersioning => &S3_GET_BUCKET_VERSIONING_OUTPUT,
        Operation::GetObjectLockConfiguration => &Shape::Payload {
            name: "ObjectLockConfiguration",
            of: &S3_OBJECT_LOCK_CONFIGURATION,
        },
        Operation::ListObjectsV2 => &S3_LIST_OBJECTS_V2_OUTPUT,
        Operation::ListObjectVersions => &S3_LIST_OBJECT_VERSIONS_OUTPUT,
        Operation::ListAccessPoints => &S3CONTROL_LIST_ACCESS_POINTS_RESULT,
        Operation::DescribeRegions => &EC2_DESCRIBE_REGIONS_RESULT,
        Operation::DescribeSubnets => &EC2_DESCRIBE_SUBNETS_RESULT,
        Operation::DescribeRouteTables => &EC2_DESCRIBE_ROUTE_TABLES_RESULT,
        _ => return None,
    })
}
