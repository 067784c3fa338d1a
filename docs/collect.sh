#!/usr/bin/env bash
# Saves the AWS answers that the controls are decided on, for the account of the current credentials.
#
#   collect.sh DIRECTORY REGION...
#
# Enters: the AWS CLI (version 1 or 2) with read-only credentials, and the regions to read.
# Leaves: DIRECTORY/<account>/<region>/<operation>[--<Parameter>=<value>]….json as the CLI printed it, `.err`
#         with the CLI's own message where a call failed, and DIRECTORY/<account>/calls.jsonl, a line a call.
# Absent: anything that reads data (objects, predictions, secrets) or changes a resource; see collect.md.
#
# A denied call is saved and the next one follows: what could not be read becomes "unknown", never "pass".

set -uo pipefail
export LC_ALL=C TZ=UTC AWS_PAGER='' AWS_DEFAULT_OUTPUT=json
export AWS_RETRY_MODE=${AWS_RETRY_MODE:-adaptive} AWS_MAX_ATTEMPTS=${AWS_MAX_ATTEMPTS:-10}

training_days=90 # the training window: as far back as CloudTrail's event history
traffic_days=30  # the window in which an endpoint must have served somebody

usage() {
    echo "usage: ${0##*/} DIRECTORY REGION..." >&2
    exit 2
}
[ $# -ge 2 ] || usage
root=$1
shift
command -v aws >/dev/null || { echo "the \`aws\` command was not found: install the AWS CLI" >&2; exit 2; }

# ------------------------------------------------------------------ time

now=$(date -u +%s)
# GNU date takes an instant as -d @N, BSD and macOS date as -r N.
instant() { date -u -d "@$1" +%Y-%m-%dT%H:%M:%SZ 2>/dev/null || date -u -r "$1" +%Y-%m-%dT%H:%M:%SZ; }
today=$((now - now % 86400))
training_since=$(instant $((today - training_days * 86400)))
traffic_since=$(instant $((today - traffic_days * 86400)))
traffic_until=$(instant $((today + 86400)))

# ------------------------------------------------------------------ names and JSON

# Every byte outside A-Z a-z 0-9 . _ - becomes %XX, so any value can stand in a file name.
percent() {
    local text=$1 out='' char i
    for ((i = 0; i < ${#text}; i++)); do
        char=${text:i:1}
        case $char in
        [A-Za-z0-9._-]) out+=$char ;;
        *) printf -v char '%%%02X' "'$char"; out+=${char/FFFFFFFFFFFFFF/} ;;
        esac
    done
    printf '%s' "$out"
}
quoted() {
    local text=${1//\\/\\\\}
    printf '"%s"' "${text//\"/\\\"}"
}
kebab() { printf '%s' "$1" | sed 's/\([a-z0-9]\)\([A-Z]\)/\1-\2/g' | tr '[:upper:]' '[:lower:]'; }
pascal() { awk -F- '{ for (i = 1; i <= NF; i++) printf "%s%s", toupper(substr($i, 1, 1)), substr($i, 2) }' <<<"$1"; }

# The values of a member, wherever it occurs in saved answers. The CLI prints one member a line.
values() {
    local member=$1
    shift
    [ $# -gt 0 ] || return 0
    sed -n "s/^ *\"$member\": \"\(.*\)\",\{0,1\}\$/\1/p" "$@" 2>/dev/null | sed 's/\\\(["\\]\)/\1/g' | sort -u
}
# The saved answers of one operation in the folders of `sources`: the current region's, or all.
saved() {
    local folder file
    for folder in "${sources[@]}"; do
        for file in "$folder/$1".json "$folder/$1"--*.json; do
            [ -e "$file" ] && printf '%s\n' "$file"
        done
    done
    return 0
}
values_in() {
    local member=$1 operation file files=()
    shift
    for operation in "$@"; do
        while IFS= read -r file; do files+=("$file"); done < <(saved "$operation")
    done
    [ ${#files[@]} -eq 0 ] || values "$member" "${files[@]}"
}

# ------------------------------------------------------------------ one call

# call SERVICE OPERATION [Parameter=value]… [-- extra CLI options…]
# `here` is where the answer goes, `region` what the index says, `cli_region` where the request is sent.
# Parameters of the request become the file name, the CLI options and the index line.
# `answer` becomes the file that was written.
# `native` (JSON text, optional) holds request members that are not plain strings; `label` a name for the file instead.
call() {
    local service=$1 operation=$2 name=${label:-$2} parameters='' options=() extra=() pair key value id file status
    shift 2
    while [ $# -gt 0 ]; do
        if [ "$1" = -- ]; then
            shift
            extra=("$@")
            break
        fi
        key=${1%%=*} value=${1#*=}
        [ -n "${label:-}" ] || name+="--$key=$(percent "$value")"
        options+=("--$(kebab "$key")=$value")
        case $key in
        MaxKeys) pair=$value ;;
        *) pair=$(quoted "$value") ;;
        esac
        parameters+="${parameters:+,}\"$key\":$pair"
        shift
    done
    [ -z "${native:-}" ] || parameters+="${parameters:+,}$native"
    # Lists answer ten at a time unless asked. The size of a page leaves the CLI's own paging on; --max-results would not.
    case $service/$operation in sagemaker/list-*) options+=(--page-size=100) ;; esac
    # File systems stop at 255 bytes; a longer name falls back to a number, and the index holds the parameters.
    if [ ${#name} -gt 230 ]; then
        name=$operation--call-$(cksum <<<"$name" | tr ' ' -)
    fi
    file=$here/$name
    mkdir -p "$here"
    aws "$service" "$operation" ${options[@]+"${options[@]}"} ${extra[@]+"${extra[@]}"} \
        --region "$cli_region" --output json >"$file.json" 2>"$file.err"
    status=$?
    if [ $status -eq 0 ]; then
        rm -f "$file.err"
        [ -s "$file.json" ] || echo '{}' >"$file.json"
        file=$file.json
    else
        rm -f "$file.json"
        file=$file.err
        echo "  $service $operation: $(tr '\n' ' ' <"$file")" >&2
    fi
    case $service in
    s3api) id=s3 ;;
    efs) id=elasticfilesystem ;;
    *) id=$service ;;
    esac
    id+=:$(pascal "$operation")
    answer=$file
    printf '{"file":%s,"operation":"%s","parameters":{%s},"account":"%s","region":"%s","time":"%s"}\n' \
        "$(quoted "${file#"$base"/}")" "$id" "$parameters" "$account" "$region" "$(date -u +%Y-%m-%dT%H:%M:%SZ)" >>"$index"
    return $status
}

# each OPERATION Parameter < names: one call a line of input
each() {
    local operation=$1 parameter=$2 value
    while IFS= read -r value; do
        [ -z "$value" ] || call sagemaker "$operation" "$parameter=$value" </dev/null
    done
}

# ------------------------------------------------------------------ once an account

cli_region=$1 region=aws-global
account=$(aws sts get-caller-identity --query Account --output text --region "$cli_region") || {
    echo "no usable credentials: see what \`aws sts get-caller-identity\` says" >&2
    exit 1
}
# Answers of an earlier run beside new ones would be read as one picture.
[ ! -e "$root/$account" ] || {
    echo "\`$root/$account\` exists: give another directory, or move it away" >&2
    exit 1
}
mkdir -p "$root/$account"
base=$(cd "$root/$account" && pwd)
index=$base/calls.jsonl
: >"$index"
here=$base/aws-global sources=("$base/aws-global")

echo "account $account" >&2
call sts get-caller-identity
# One answer for every role, its inline policies, its boundary and every attached policy.
native='"Filter":["Role","LocalManagedPolicy","AWSManagedPolicy"]' \
    call iam get-account-authorization-details -- --filter Role LocalManagedPolicy AWSManagedPolicy
# The buckets this account owns, in every region: the anchor of "whose bucket is that".
buckets_known=yes
call s3api list-buckets || buckets_known=no
own_buckets=$(values Name "$here/list-buckets.json")
owns() { grep -qxF -- "$1" <<<"$own_buckets"; }

# ------------------------------------------------------------------ a region

notebooks() {
    local config name
    call sagemaker list-notebook-instances
    values_in NotebookInstanceName list-notebook-instances | each describe-notebook-instance NotebookInstanceName
    values_in NotebookInstanceLifecycleConfigName list-notebook-instances describe-notebook-instance |
        while IFS= read -r config; do
            call sagemaker describe-notebook-instance-lifecycle-config \
                "NotebookInstanceLifecycleConfigName=$config" </dev/null
        done
    # The newest log event of a notebook is the only trace of use that AWS keeps.
    values_in NotebookInstanceName list-notebook-instances |
        while IFS= read -r name; do
            call logs describe-log-streams logGroupName=/aws/sagemaker/NotebookInstances \
                "logStreamNamePrefix=$name/" </dev/null
        done
    values_in NotebookInstanceArn list-notebook-instances | each list-tags ResourceArn
}

domains() {
    local domain name
    call sagemaker list-domains
    values_in DomainId list-domains | while IFS= read -r domain; do
        call sagemaker describe-domain "DomainId=$domain" </dev/null
        call sagemaker list-user-profiles "DomainIdEquals=$domain" </dev/null
        values UserProfileName "$here/list-user-profiles--DomainIdEquals=$domain.json" |
            while IFS= read -r name; do
                call sagemaker describe-user-profile "DomainId=$domain" "UserProfileName=$name" </dev/null
            done
        call sagemaker list-spaces "DomainIdEquals=$domain" </dev/null
    done
    values_in DomainArn list-domains | each list-tags ResourceArn
}

endpoints() {
    call sagemaker list-endpoints
    values_in EndpointName list-endpoints | each describe-endpoint EndpointName
    values_in EndpointArn list-endpoints | each list-tags ResourceArn
    # A configuration can be gone while its endpoint lives, and a model while its configuration does: ask for the
    # names that are used as well as for those that are listed.
    call sagemaker list-endpoint-configs
    values_in EndpointConfigName list-endpoint-configs describe-endpoint |
        each describe-endpoint-config EndpointConfigName
    call sagemaker list-inference-components
    values_in InferenceComponentName list-inference-components |
        each describe-inference-component InferenceComponentName
    call sagemaker list-models
    {
        values_in ModelName list-models describe-endpoint-config describe-inference-component
        values_in ModelNameOverride describe-endpoint-config
    } | sort -u | each describe-model ModelName
    values_in ModelPackageName describe-model | each describe-model-package ModelPackageName
    call application-autoscaling describe-scalable-targets ServiceNamespace=sagemaker
}

monitoring() {
    local schedule kind file name
    call sagemaker list-monitoring-schedules
    values_in MonitoringScheduleName list-monitoring-schedules |
        each describe-monitoring-schedule MonitoringScheduleName
    # A schedule names its endpoint in itself or in the job definition that it points at.
    saved describe-monitoring-schedule | while IFS= read -r file; do
        grep -q '^ *"EndpointName": ' "$file" && continue
        schedule=$(values MonitoringJobDefinitionName "$file" | head -n 1)
        [ -n "$schedule" ] || continue
        kind=$(values MonitoringType "$file" | head -n 1)
        case $kind in
        DataQuality | ModelQuality | ModelBias | ModelExplainability)
            name=describe-$(kebab "$kind")-job-definition
            call sagemaker "$name" "JobDefinitionName=$schedule" </dev/null
            ;;
        esac
    done
}

traffic() {
    local endpoint
    call cloudwatch list-metrics Namespace=AWS/SageMaker MetricName=Invocations
    values_in EndpointName list-endpoints | while IFS= read -r endpoint; do
        endpoint_traffic "$endpoint" </dev/null
    done
}

# The series that show whether an endpoint has served anybody, in one call. Labels say what each series is.
endpoint_traffic() {
    local endpoint=$1 described config variant component queries='' count=0
    described=$here/describe-endpoint--EndpointName=$(percent "$endpoint").json
    [ -e "$described" ] || return 0
    config=$(values EndpointConfigName "$described" | head -n 1)
    config=$here/describe-endpoint-config--EndpointConfigName=$(percent "$config").json
    for variant in $(values VariantName "$described"); do
        series Invocations Sum "EndpointName=$endpoint" "VariantName=$variant"
        # Asynchronous endpoints do not publish Invocations. AWS spells the second name with three s.
        if grep -q '"AsyncInferenceConfig"' "$described" "$config" 2>/dev/null; then
            series InvocationsProcessed Sum "EndpointName=$endpoint" "VariantName=$variant"
            series InvocationsProcesssed Sum "EndpointName=$endpoint" "VariantName=$variant"
            series InvocationFailures Sum "EndpointName=$endpoint" "VariantName=$variant"
            series ExpiredRequests Sum "EndpointName=$endpoint" "VariantName=$variant"
            series RequestDownloadFailures Sum "EndpointName=$endpoint" "VariantName=$variant"
            series ModelLatency SampleCount "EndpointName=$endpoint" "VariantName=$variant"
        fi
    done
    if grep -q '"AsyncInferenceConfig"' "$described" "$config" 2>/dev/null; then
        series ApproximateBacklogSize Maximum "EndpointName=$endpoint"
    fi
    for component in $(components_of "$endpoint"); do
        series Invocations Sum "InferenceComponentName=$component"
    done
    [ -n "$queries" ] || return 0
    native="\"MetricDataQueries\":[$queries],\"StartTime\":\"$traffic_since\",\"EndTime\":\"$traffic_until\"" \
        label=get-metric-data--$(percent "$endpoint")--StartTime=$(percent "$traffic_since")--EndTime=$(percent "$traffic_until")--Period=86400 \
        call cloudwatch get-metric-data -- --metric-data-queries "[$queries]" \
        --start-time "$traffic_since" --end-time "$traffic_until"
}
# series METRIC STATISTIC Dimension=value…: appends to `queries` of the caller
series() {
    local metric=$1 statistic=$2 dimensions='' label='' pair
    shift 2
    for pair in "$@"; do
        dimensions+="${dimensions:+,}{\"Name\":\"${pair%%=*}\",\"Value\":\"${pair#*=}\"}"
        label+="$pair,"
    done
    count=$((count + 1))
    queries+="${queries:+,}{\"Id\":\"m$count\",\"Label\":\"${label}MetricName=$metric,Stat=$statistic\",\"MetricStat\":{\"Metric\":{\"Namespace\":\"AWS/SageMaker\",\"MetricName\":\"$metric\",\"Dimensions\":[$dimensions]},\"Period\":86400,\"Stat\":\"$statistic\"}}"
}
components_of() {
    local file
    for file in "$here"/describe-inference-component--*.json; do
        [ -e "$file" ] || continue
        values EndpointName "$file" | grep -qxF -- "$1" && values InferenceComponentName "$file"
    done
    return 0
}

training() {
    local status pool uri job
    call sagemaker list-training-jobs "CreationTimeAfter=$training_since"
    # Jobs that still hold instances count at any age.
    for status in InProgress Stopping; do call sagemaker list-training-jobs "StatusEquals=$status"; done
    for pool in Available InUse; do call sagemaker list-training-jobs "WarmPoolStatusEquals=$pool"; done
    values_in TrainingJobName list-training-jobs | each describe-training-job TrainingJobName
    # So does the job whose output a model serves. SageMaker writes it to <prefix>/<job>/output/model.tar.gz.
    artifact_uris | sed -n 's,^s3://.*/\([^/]*\)/output/model\.tar\.gz$,\1,p' | sort -u | while IFS= read -r job; do
        [ -e "$here/describe-training-job--TrainingJobName=$job.json" ] && continue
        [ -e "$here/describe-training-job--TrainingJobName=$job.err" ] && continue
        call sagemaker describe-training-job "TrainingJobName=$job" </dev/null
    done
}

# S3 locations are also written as https://bucket.s3.region… and https://s3.region…/bucket.
s3_uris() {
    sed -E -e 's,^https://([^/]+)\.s3([.-][a-z0-9-]+)?\.amazonaws\.com(\.cn)?/,s3://\1/,' \
        -e 's,^https://s3([.-][a-z0-9-]+)?\.amazonaws\.com(\.cn)?/,s3://,' | grep '^s3://' | sort -u
}
# The S3 locations that models are loaded from.
artifact_uris() {
    {
        values_in ModelDataUrl describe-model describe-model-package
        values_in S3Uri describe-model describe-model-package
        values_in ManifestS3Uri describe-model describe-model-package
        values_in ArtifactUrl describe-inference-component
    } | s3_uris
}
training_uris() { values_in S3Uri describe-training-job | s3_uris; }
bucket_names() { sed 's,^s3://\([^/]*\).*,\1,' | sort -u; }

# An access point's alias stands where a bucket's name would; only its own list tells whose bucket it is.
access_points() {
    { training_uris; artifact_uris; } | bucket_names | grep -q -- '-s3alias$' || return 0
    call s3control list-access-points "AccountId=$account"
}

# A channel can be a file system, which has an owner too. Both services call the operation alike.
file_systems() {
    local system
    values_in FileSystemId describe-training-job | grep -q . || return 0
    label=describe-file-systems--efs call efs describe-file-systems
    label=describe-file-systems--fsx call fsx describe-file-systems
    values_in FileSystemId describe-training-job | grep '^fs-' | while IFS= read -r system; do
        call efs describe-file-system-policy "FileSystemId=$system" </dev/null
    done
}

keys() {
    {
        values_in KmsKeyId describe-notebook-instance
        values_in VolumeKmsKeyId describe-training-job
        bucket_keys
    } | sort -u | while IFS= read -r key; do call kms describe-key "KeyId=$key" </dev/null; done
    # A key policy can let a role decrypt although the role's own policies are silent.
    bucket_keys | while IFS= read -r key; do call kms get-key-policy "KeyId=$key" PolicyName=default </dev/null; done
}
# The keys of the buckets' default encryption that live in the current region.
bucket_keys() {
    (
        sources=("$base/aws-global")
        values_in KMSMasterKeyID get-bucket-encryption | grep ":kms:$region:"
    )
}

# ------------------------------------------------------------------ the buckets of all regions

# Does each artifact exist? Listing the one key needs s3:ListBucket only; reading the object is never asked for.
artifacts() {
    local uri bucket key most
    artifact_uris | while IFS= read -r uri; do
        bucket=${uri#s3://} key=''
        case $bucket in */*) key=${bucket#*/} bucket=${bucket%%/*} ;; esac
        # A prefix can begin with its own empty "folder" object, so its second key is needed as well.
        case $key in '' | */) most=2 ;; *) most=1 ;; esac
        call s3api list-objects-v2 "Bucket=$bucket" "Prefix=$key" "MaxKeys=$most" </dev/null || continue
        grep -q '"Key":' "$answer" && continue
        # A key that is gone may be hidden by a delete marker, which can be undone.
        call s3api list-object-versions "Bucket=$bucket" "Prefix=$key" MaxKeys=10 </dev/null
    done
    artifact_uris | bucket_names | while IFS= read -r bucket; do
        owns "$bucket" || continue
        call s3api get-bucket-versioning "Bucket=$bucket" </dev/null
        call s3api get-object-lock-configuration "Bucket=$bucket" </dev/null
    done
}

# What protects the buckets that training reads, and whose they are.
training_buckets() {
    local bucket
    training_uris | bucket_names | while IFS= read -r bucket; do
        call s3api get-bucket-policy "Bucket=$bucket" </dev/null
        call s3api get-bucket-encryption "Bucket=$bucket" </dev/null
    done
    {
        training_uris
        artifact_uris
    } | bucket_names | while IFS= read -r bucket; do
        owns "$bucket" && continue
        call s3api head-bucket "Bucket=$bucket" </dev/null
        # Without our own list, asking again in our own name tells "not ours" from "not allowed".
        [ $buckets_known = yes ] || call s3api head-bucket "Bucket=$bucket" "ExpectedBucketOwner=$account" </dev/null
    done
}

# ------------------------------------------------------------------ everything, in order

for region in "$@"; do
    echo "account $account, region $region" >&2
    cli_region=$region here=$base/$region sources=("$here")
    notebooks
    domains
    endpoints
    monitoring
    traffic
    training
    access_points
    file_systems
done

# A bucket answers for every region, so each is asked about once; S3 and the CLI find the region that it is in.
cli_region=$1 region=aws-global here=$base/aws-global sources=("$base"/*)
artifacts
training_buckets

for region in "$@"; do
    cli_region=$region here=$base/$region sources=("$here")
    keys
done
echo "saved $(wc -l <"$index" | tr -d ' ') calls under $base" >&2
