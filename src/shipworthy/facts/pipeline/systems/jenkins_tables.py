"""What the steps of Jenkins and its well-known plugins do: which only wrap others, run nothing, or deploy.

Source: the Jenkins handbook's "Pipeline Steps Reference" and the plugins' own pages.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from shipworthy.facts.pipeline.fact import Kind
from shipworthy.facts.pipeline.words import words

# Steps whose block simply runs, with something around it.
WRAPPERS = words(
    """
        script node ws dir withEnv withCredentials timeout retry wrap nodejs sshagent ansiColor timestamps container
        lock throttle configFileProvider withPythonEnv withMaven withSonarQubeEnv withAWS withKubeConfig
        withKubeCredentials withVault gitlabCommitStatus gitlabBuilds withChecks withAnt withGradle podTemplate
        dockerNode withDockerContainer withDockerRegistry withDockerServer withNPM withFolderProperties
        realtimeJUnit xvfb xvnc inside withRun withRegistry withServer withTool withCluster withProject
        withFileParameter cache withVirtualenv withGo withRvm rvm rbenv nvm pyenv conda withAzureKeyvault withGCP
        withTools milestone withSharedStorage withBuildUser logstash stage withContext hideFromView
    """
)
# Steps (and methods) that certainly run no command of the repository.
HARMLESS = words(
    """
        echo print println printf archiveArtifacts archive stash unstash checkout git svn deleteDir cleanWs
        publishHTML cobertura jacoco publishCoverage recordCoverage readFile writeFile fileExists readJSON writeJSON
        readYaml writeYaml readProperties readMavenPom writeMavenPom readCSV pwd isUnix sleep mail emailext
        slackSend recordIssues properties milestone tool githubNotify setGitHubPullRequestStatus
        updateGitlabCommitStatus hipchatSend office365ConnectorSend discordSend telegramSend rocketSend
        mattermostSend copyArtifacts fingerprint addBadge addShortText addInfoBadge cucumber allure perfReport zip
        unzip tar untar findFiles touch sha1 sha256 httpRequest nodesByLabel getContext withContext
        validateDeclarativePipeline powershellVersion input scmSkip currentBuild manager jiraComment
        jiraSendBuildInfo warnings openTasks checkstyle pmd findbugs dependencyTrackPublisher publishIssues
        junitParser googleStorageDownload s3Download lastChanges plot rtp step parallelsAlwaysFailFast
        buildDiscarder disableConcurrentBuilds skipDefaultCheckout addWarningBadge removeBadges
        bitbucketStatusNotify notifyBitbucket publishChecks discoverGitReferenceBuild discoverReferenceBuild
        scanForIssues setBuildStatus waitForQualityGate openshiftVerifyBuild openshiftVerifyDeployment
        openshiftVerifyService
        pipelineTriggers ws error unstable nunit xunit testNG robot
    """
)
REPORTS = words("junit xunit nunit testNG step robot cucumber")
"""Steps that mark the build unstable where a report says that tests failed."""
SHELLS = ("sh", "bat", "powershell", "pwsh")
NOTES: Mapping[str, Kind] = {
    "docker.build": Kind.BUILD,
    "dockerBuildAndPublish": Kind.PUBLISH,
    "nexusArtifactUploader": Kind.PUBLISH,
    "nexusPublisher": Kind.PUBLISH,
    "rtUpload": Kind.PUBLISH,
    "rtDockerPush": Kind.PUBLISH,
    "sshPublisher": Kind.DEPLOY,
    "sshCommand": Kind.DEPLOY,
    "sshScript": Kind.DEPLOY,
    "sshPut": Kind.DEPLOY,
    "ftpPublisher": Kind.DEPLOY,
    "cifsPublisher": Kind.DEPLOY,
    "deploy": Kind.DEPLOY,
    "kubernetesDeploy": Kind.DEPLOY,
    "kubernetesApply": Kind.DEPLOY,
    "ansiblePlaybook": Kind.DEPLOY,
    "ansibleTower": Kind.DEPLOY,
    "s3Upload": Kind.DEPLOY,
    "cfnUpdate": Kind.DEPLOY,
    "ebDeploy": Kind.DEPLOY,
    "createDeployment": Kind.DEPLOY,
    "pushToCloudFoundry": Kind.DEPLOY,
    "azureWebAppPublish": Kind.DEPLOY,
    "azureFunctionAppPublish": Kind.DEPLOY,
    "acsDeploy": Kind.DEPLOY,
    "openshiftBuild": Kind.BUILD,
    "openshiftDeploy": Kind.DEPLOY,
    "openshiftScale": Kind.DEPLOY,
    "openshift.apply": Kind.DEPLOY,
    "openshift.create": Kind.DEPLOY,
    "googleStorageUpload": Kind.DEPLOY,
    "dependencyCheck": Kind.SCAN,
    "snykSecurity": Kind.SCAN,
    "anchore": Kind.SCAN,
    "aquaMicroscanner": Kind.SCAN,
}
AFTER_FAILURE = {"failure", "unstable", "aborted", "unsuccessful", "notBuilt"}
NOT_ALWAYS = {"changed", "fixed", "regression"}
POST = {"always", "cleanup", "success", *AFTER_FAILURE, *NOT_ALWAYS}
PIPELINE_SECTIONS = words("agent environment options triggers parameters tools libraries stages post")
STAGE_SECTIONS = words("agent environment options tools input when steps stages parallel matrix post failFast")
_QUIET = re.compile(
    r"notif|slack|mail|message|teams|discord|telegram|report|publish(html|cov|result)|archive|badge|comment|status|clean|"
    r"label|descri|log\b|info|^get|^is|^has|^read|^write|^set|^add|checkout|clone|version",
    re.I,
)
# Methods of Groovy's and Java's own types: lists, maps, texts.
_METHODS = words(
    """
        trim split tokenize replace replaceAll toLowerCase toUpperCase contains startsWith endsWith add addAll put
        get size length join toString toInteger toBoolean format substring matches equals isEmpty keySet values sort
        unique first last remove getAt putAt plus minus pull tag id imageName parse parseText padLeft take drop
        getBuildCauses setDisplayName setDescription absolutePath getProject currentTimeMillis now next reverse
        flatten intersect
    """
)


def is_harmless(name: str) -> bool:
    return name in HARMLESS


def is_quiet(name: str) -> bool:
    """Whether an unknown step certainly runs no test, by the words of its name (where no shared library is loaded)."""
    return bool(_QUIET.search(name))


def is_method(name: str) -> bool:
    return name in _METHODS
